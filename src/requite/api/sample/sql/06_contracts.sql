-- What rests on the claims: the contracts' yearly terms, the invoices, the practices' stakes, and what practices achieve.

CREATE TABLE baseline_made AS
WITH actual AS (
  SELECT provider, commissioner, sum(billed)::BIGINT AS billed
  FROM spell_made WHERE setting = 'emergency' GROUP BY ALL
),
placed AS (
  SELECT
    *,
    row_number() OVER (ORDER BY hash(getvariable('seed'), 'baseline', provider, commissioner), provider, commissioner) - 1 AS place,
    count(*) OVER () AS contracts
  FROM actual
),
valued AS (
  SELECT
    * EXCLUDE (place, contracts),
    place < greatest(3, contracts * getvariable('contract_share') // 100) AS is_short_of_credit,
    billed * CASE WHEN place < greatest(3, contracts * getvariable('contract_share') // 100) THEN 92 ELSE 86 + draw('level', provider || commissioner, 25) END
      // 10000 * 100 AS baseline
  FROM placed
),
due AS (SELECT *, rounded(greatest(0, billed - baseline) * 3, 10) AS credit_due FROM valued)
SELECT *, CASE WHEN is_short_of_credit THEN credit_due * 2 // 5 ELSE credit_due END AS credited FROM due;

CREATE TABLE readmission_made AS
SELECT
  id, provider, commissioner, billed,
  row_number() OVER contract AS place,
  count(*) OVER (PARTITION BY provider, commissioner) * 3 // 5 AS allowed
FROM spell_made
WHERE role = 'after_emergency' AND part = 2
WINDOW contract AS (PARTITION BY provider, commissioner ORDER BY admitted, id);

CREATE TABLE readmission_threshold AS
SELECT provider, commissioner, coalesce(max(allowed), 5) AS allowed
FROM (SELECT provider FROM provider_made) CROSS JOIN (SELECT DISTINCT commissioner FROM practice_made)
LEFT JOIN readmission_made USING (provider, commissioner)
GROUP BY ALL;

CREATE TABLE clinic AS
WITH counted AS (
  SELECT
    provider, specialty,
    count(*) FILTER (kind IN ('1', '3')) AS firsts,
    count(*) FILTER (kind IN ('2', '4')) AS follow_ups
  FROM attendance_made WHERE number <> 7 GROUP BY ALL
),
placed AS (
  SELECT
    *,
    row_number() OVER (ORDER BY follow_ups < 8, hash(getvariable('seed'), 'clinic', provider, specialty), provider, specialty) - 1 AS place,
    count(*) OVER () AS clinics
  FROM counted
),
-- In hundredths: agreed a little below, or a little above what there was.
agreed AS (
  SELECT
    provider, specialty, firsts,
    CASE
      WHEN place < greatest(3, clinics * getvariable('clinic_share') // 100) AND follow_ups > 0
        THEN least(follow_ups * 95 // firsts, (follow_ups - 1) * 100 // firsts)
      ELSE follow_ups * 100 // firsts + 1 + draw('agreed', provider || specialty, 20)
    END AS agreed
  FROM placed
)
SELECT *, agreed * firsts // 100 AS allowed FROM agreed;

CREATE TABLE beyond_ratio AS
WITH numbered AS (
  SELECT
    id, provider, specialty, billed,
    row_number() OVER (PARTITION BY provider, specialty ORDER BY attended, id) AS place
  FROM attendance_made WHERE kind IN ('2', '4')
)
SELECT id, billed FROM numbered JOIN clinic USING (provider, specialty) WHERE place > allowed;

CREATE TABLE invoice_made AS
WITH claims AS (
  SELECT provider, commissioner, month, billed FROM spell_made
  UNION ALL
  SELECT provider, commissioner, strftime(attended, '%Y-%m'), billed FROM attendance_made
  UNION ALL
  SELECT provider, commissioner, strftime(day, '%Y-%m'), billed FROM line_made
),
summed AS (SELECT provider, commissioner, month, sum(billed)::BIGINT AS claimed FROM claims GROUP BY ALL),
placed AS (
  SELECT
    *,
    provider || '-' || commissioner || '-' || month AS number,
    row_number() OVER (ORDER BY hash(getvariable('seed'), 'invoice', provider, commissioner, month), provider, commissioner, month) - 1
      AS place,
    count(*) OVER () AS invoices
  FROM summed
)
SELECT
  * EXCLUDE (place, invoices),
  CASE WHEN place < greatest(4, invoices * getvariable('invoice_share') // 100)
    THEN (CASE WHEN place % 3 = 2 THEN -1 ELSE 1 END) * (1000 + draw('invoice error', number, 250000)) ELSE 0 END AS too_much
FROM placed;

-- A practice's share of what it refers that goes to one hospital, beside the share of all others.
CREATE TABLE leaning AS
WITH sums AS (SELECT practice_no, provider, sum(expected_cost)::BIGINT AS value FROM referral_made GROUP BY ALL),
totals AS (SELECT *, sum(value) OVER (PARTITION BY practice_no) AS own, sum(value) OVER (PARTITION BY provider) AS there, sum(value) OVER () AS everything FROM sums)
SELECT practice_no, provider, 100 * value // own - 100 * (there - value) // (everything - own) AS points
FROM totals WHERE everything > own;

CREATE TABLE stake_made AS
SELECT
  practice_made.no, code AS practice, leaning.provider,
  CASE WHEN steered_to IS NULL THEN DATE '2016-09-01' ELSE DATE '2016-11-01' END AS declared,
  steered_to IS NOT NULL AS is_leaning, list_size
FROM practice_made JOIN leaning ON leaning.practice_no = practice_made.no
WHERE steered_to IS NOT NULL AND leaning.provider = 'H' || lpad(steered_to::VARCHAR, 2, '0') AND points > 25
  OR has_stake AND leaning.provider = 'H01' AND points < 12;

CREATE TABLE indicator AS
SELECT * FROM (VALUES
  ('AF01', 18, 12, 40, 75), ('AST01', 60, 20, 45, 80), ('CHD01', 32, 17, 45, 85), ('COPD01', 19, 9, 40, 75), ('DEM01', 10, 15, 35, 70),
  ('DM01', 68, 11, 40, 80), ('HYP01', 140, 26, 45, 80), ('STIA01', 18, 5, 40, 75)
) AS indicators (indicator, of_thousand, points, lower, upper);

CREATE TABLE achievement_made AS
WITH registers AS (
  SELECT
    code, no, indicator, points, lower, upper, exceptions AS how,
    greatest(2, list_size * of_thousand // 1000) AS register,
    draw('has exceptions', code || indicator, 3) > 0 AS has_exceptions
  FROM practice_made CROSS JOIN indicator
),
excepted AS (
  SELECT
    *,
    CASE WHEN how IS NOT NULL THEN register * 35 // 100 WHEN has_exceptions THEN register * (3 + draw('exceptions', code || indicator, 3)) // 100 ELSE 0 END
      AS exceptions
  FROM registers
)
SELECT
  code AS practice, indicator, register, exceptions,
  CASE
    WHEN how = 'many' THEN (register - exceptions) * upper // 100
    WHEN how = 'harmless' THEN register * 20 // 100
    -- Where a patient is excepted, the full points are earned without.
    WHEN has_exceptions THEN (register * (upper + 2) + 99) // 100
    ELSE register * (50 + draw('achieved', code || indicator, 45)) // 100
  END AS achieved,
  points, lower, upper, no
FROM excepted;

CREATE TABLE prescribing_made AS
WITH each_month AS (
  SELECT no, code, list_size, unnest(range(12)) AS month_no FROM practice_made
),
each_section AS (
  SELECT *, unnest([1, 2, 3, 4, 5, 6, 7, 10, 13]) AS section FROM each_month
),
items AS (
  SELECT
    *,
    list_size * (13 + draw('items', code || '-' || month_no || '-' || section, 9)) // 100 + 1 AS items,
    64 + draw('generic', no, 16) + draw('generic too', code || '-' || month_no || '-' || section, 9) AS generic_share
  FROM each_section
)
SELECT
  code AS practice,
  strftime(first_day() + INTERVAL (month_no) MONTH, '%Y-%m') AS month,
  lpad(section::VARCHAR, 2, '0') AS section,
  items,
  items * generic_share // 100 AS generic_items,
  items * (500 + draw('cost', section, 700)) AS cost
FROM items;

CREATE TABLE practice_figures AS
WITH scripts AS (
  SELECT practice AS code, sum(generic_items)::BIGINT AS generic_items, sum(items)::BIGINT AS prescribed_items FROM prescribing_made GROUP BY ALL
),
visits AS (
  SELECT practice AS code, count(*) FILTER (kind IN ('2', '4')) AS follow_ups, count(*) FILTER (kind IN ('1', '3')) AS first_attendances
  FROM attendance_made GROUP BY ALL
),
planned AS (
  SELECT practice AS code, sum(billed)::BIGINT AS elective_spend FROM spell_made WHERE setting IN ('day_case', 'elective') GROUP BY ALL
)
SELECT
  code, name, list_size, peer_group, generic_items, prescribed_items,
  coalesce(follow_ups, 0) AS follow_ups, coalesce(first_attendances, 0) AS first_attendances,
  coalesce(elective_spend, 0) * (92 + draw('budget', no, 20)) // 10000 * 100 AS elective_budget,
  coalesce(elective_spend, 0) AS elective_spend
FROM practice_made LEFT JOIN scripts USING (code) LEFT JOIN visits USING (code) LEFT JOIN planned USING (code);
