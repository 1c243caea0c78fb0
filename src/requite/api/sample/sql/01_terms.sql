-- What the contract says of each treatment. Amounts are whole pence, the market forces factor is in units of its seventh decimal.

CREATE MACRO draw(what, row_no, size) AS (hash(getvariable('seed'), what, row_no) % (size)::UBIGINT)::BIGINT;
CREATE MACRO pounds(pence) AS (pence)::BIGINT * 0.01::DECIMAL(3, 2);
CREATE MACRO yes_no(condition) AS CASE WHEN condition THEN 'yes' ELSE 'no' END;
CREATE MACRO first_day() AS DATE '2017-04-01';
CREATE MACRO last_day() AS DATE '2018-03-31';

-- In the ten-thousandth part of a penny: the base at its share, with its top-up, and the long stay.
CREATE MACRO before_factor(base, share, top_up, long_stay) AS base * share * (100 + top_up) + long_stay * 10000;
CREATE MACRO rounded(amount, unit) AS (2 * (amount) + (unit)) // (2 * (unit));
CREATE MACRO price_of(base, share, top_up, long_stay, factor) AS
  rounded(before_factor(base, share, top_up, long_stay) * factor, 100000000000);

CREATE MACRO base_of(setting, treatment) AS CASE setting
  WHEN 'day_case' THEN struct_extract(treatment, 'day_case')
  WHEN 'elective' THEN struct_extract(treatment, 'elective')
  ELSE struct_extract(treatment, 'non_elective')
END;

CREATE TABLE fact AS
WITH of_year AS (
  SELECT * FROM tariff_given
  WHERE valid_from <= first_day() AND (valid_to IS NULL OR valid_to >= last_day())
),
pence AS (
  SELECT
    hrg,
    name,
    (outpatient_procedure * 100)::BIGINT AS outpatient,
    (coalesce(day_case, combined_day_case_elective) * 100)::BIGINT AS day_case,
    (coalesce(ordinary_elective, combined_day_case_elective) * 100)::BIGINT AS elective,
    (non_elective * 100)::BIGINT AS non_elective,
    elective_trim_days AS elective_trim,
    non_elective_trim_days AS non_elective_trim,
    (long_stay_day_rate * 100)::BIGINT AS day_rate,
    1 + draw('average stay', hrg, 7) AS average_stay
  FROM of_year
),
said AS (
  SELECT
    *,
    average_stay >= 2 AND draw('short stay', hrg, 10) < 6 AS short_stay,
    CASE WHEN average_stay < 2 THEN 100 WHEN average_stay < 3 THEN 70 WHEN average_stay < 5 THEN 45 ELSE 25 END AS share,
    coalesce(
      name ILIKE '%hip fracture with%' AND name NOT ILIKE '%hip fracture without%' AND non_elective BETWEEN 20000 AND 1500000
      AND non_elective_trim >= 0 AND day_rate BETWEEN 0 AND 100000,
      false
    ) AS is_hip,
    coalesce(
      least(day_case, elective, non_elective) >= 20000 AND greatest(day_case, elective, non_elective) <= 1500000
      AND day_case IS NOT NULL AND elective IS NOT NULL AND non_elective IS NOT NULL AND day_rate > 0 AND day_rate <= 100000
      AND least(elective_trim, non_elective_trim) >= 4 AND greatest(elective_trim, non_elective_trim) <= 30
      AND elective_trim IS NOT NULL AND non_elective_trim IS NOT NULL
      AND left(hrg, 1) NOT IN ('N', 'P'),
      false
    ) AS is_usual
  FROM pence
),
-- A few treatments are set aside, so that what the contract says of them touches no other claim.
aside AS (
  SELECT
    hrg,
    row_number() OVER (ORDER BY name ILIKE '%malignan%' DESC, hash(getvariable('seed'), 'cancer', hrg), hrg) AS cancer,
    row_number() OVER (ORDER BY left(hrg, 1) = 'M' DESC, hash(getvariable('seed'), 'maternity', hrg), hrg) AS maternity,
    row_number() OVER (ORDER BY hash(getvariable('seed'), 'aside', hrg), hrg) AS place
  FROM said
  WHERE is_usual AND NOT is_hip AND outpatient IS NULL
)
SELECT
  said.*,
  CASE
    WHEN is_hip THEN 'hip'
    WHEN cancer <= 2 THEN 'cancer'
    WHEN maternity <= 2 THEN 'maternity'
    WHEN place <= 5 THEN 'excluded'
    WHEN place <= 10 THEN 'local'
    WHEN is_usual AND outpatient IS NULL THEN 'usual'
    WHEN is_usual AND day_case >= outpatient + outpatient // 5 + 5000 THEN 'outpatient'
    ELSE 'unused'
  END AS purpose
FROM said
LEFT JOIN aside USING (hrg);

-- Which treatments a claim is drawn from, and for each those that it could be taken for: about as much dearer, and cheaper.
CREATE TABLE choice AS
WITH pooled AS (
  SELECT 'elective' AS pool, hrg, elective AS base FROM fact WHERE purpose = 'usual'
  UNION ALL
  SELECT 'emergency', hrg, non_elective FROM fact WHERE purpose = 'usual'
  UNION ALL
  SELECT 'short', hrg, non_elective FROM fact WHERE purpose = 'usual' AND short_stay
  UNION ALL
  SELECT purpose, hrg, elective FROM fact WHERE purpose IN ('outpatient', 'local', 'excluded', 'cancer', 'maternity', 'hip')
),
dearer AS (
  SELECT one.pool, one.hrg, arg_min(other.hrg, (abs(other.base - one.base - one.base * getvariable('wrong_by') // 100), other.hrg)) AS hrg_up
  FROM pooled AS one JOIN pooled AS other ON one.pool = other.pool AND other.base > one.base
  WHERE one.pool IN ('elective', 'emergency')
  GROUP BY ALL
),
cheaper AS (
  SELECT one.pool, one.hrg, arg_min(other.hrg, (abs(other.base - one.base + one.base * getvariable('wrong_by') // 100), other.hrg)) AS hrg_down
  FROM pooled AS one JOIN pooled AS other ON one.pool = other.pool AND other.base < one.base
  WHERE one.pool IN ('elective', 'emergency')
  GROUP BY ALL
)
SELECT
  pool,
  row_number() OVER (PARTITION BY pool ORDER BY hrg) - 1 AS place,
  count(*) OVER (PARTITION BY pool) AS size,
  hrg,
  coalesce(hrg_up, hrg_down) AS hrg_up,
  coalesce(hrg_down, hrg_up) AS hrg_down
FROM pooled
LEFT JOIN dearer USING (pool, hrg)
LEFT JOIN cheaper USING (pool, hrg);

CREATE TABLE provider_made AS
SELECT
  no,
  'H' || lpad(no::VARCHAR, 2, '0') AS provider,
  10200000 + draw('factor', no, 1800000) AS factor
FROM range(1, 6) AS numbers (no);

-- The hospital that a patient goes to; patients of a practice that steers its referrals mostly go to the one it has a stake in.
CREATE MACRO provider_of(steered_to, what, row_no) AS CASE
  WHEN steered_to IS NOT NULL AND draw('steered', row_no, 100) < 80 THEN steered_to
  WHEN draw(what, row_no, 1000) < 350 THEN 1
  WHEN draw(what, row_no, 1000) < 600 THEN 2
  WHEN draw(what, row_no, 1000) < 780 THEN 3
  WHEN draw(what, row_no, 1000) < 900 THEN 4
  ELSE 5
END;

CREATE TABLE calendar AS
SELECT
  strftime(first, '%Y-%m') AS month,
  (first + INTERVAL 1 MONTH + INTERVAL 18 DAY)::DATE AS submission,
  (first + INTERVAL 1 MONTH + INTERVAL 45 DAY)::DATE AS challenge,
  (first + INTERVAL 1 MONTH + INTERVAL 55 DAY)::DATE AS freeze
FROM (SELECT (first_day() + INTERVAL (no) MONTH)::DATE AS first FROM range(12) AS numbers (no));

CREATE TABLE review AS SELECT 'claims' AS of, DATE '2018-05-10' AS reviewed_on;

CREATE TABLE local_agreed AS
SELECT provider, hrg, (elective * (66 + no) // 10000) * 100 AS price
FROM fact CROSS JOIN provider_made
WHERE purpose = 'local';

-- Planned care, emergencies and outpatients are in specialties of their own, so that a GP's estimate meets its own bill only.
CREATE MACRO specialty_of(setting, role, hrg) AS CASE
  WHEN role IN ('hip', 'hip_right', 'hip_unknown') THEN '115'
  WHEN setting = 'maternity' THEN '501'
  WHEN setting IN ('day_case', 'elective') THEN CASE left(hrg, 1)
    WHEN 'B' THEN '130' WHEN 'C' THEN '120' WHEN 'E' THEN '170' WHEN 'H' THEN '110' WHEN 'J' THEN '160' WHEN 'L' THEN '101'
    WHEN 'M' THEN '502' WHEN 'Q' THEN '107' ELSE '100'
  END
  ELSE CASE left(hrg, 1) WHEN 'D' THEN '340' WHEN 'E' THEN '320' ELSE '300' END
END;
