-- What each spell is to be: its role (what is planted in it, if anything), its setting, treatment, provider and days.

CREATE MACRO is_billed_again(role) AS
  coalesce(role IN ('after_elective', 'after_emergency', 'not_counted', 'overlap', 'daily', 'twice'), false);

CREATE TABLE meant AS
WITH placed AS (
  SELECT *, row_number() OVER (PARTITION BY crowd ORDER BY hash(getvariable('seed'), 'role', no), no) - 1 AS place
  FROM slot
),
given_role AS (SELECT * EXCLUDE (place), role_of(crowd, place) AS role FROM placed),
settled AS (
  SELECT
    *,
    CASE
      WHEN role IN ('estimate', 'tolerance', 'local', 'local_right', 'excluded', 'excluded_right', 'after_elective', 'not_counted')
        THEN 'elective'
      WHEN role IN ('outpatient', 'daily') THEN 'day_case'
      WHEN role = 'maternity' THEN 'maternity'
      WHEN role IN ('price', 'excess') THEN CASE WHEN draw('side', no, 2) = 0 THEN 'elective' ELSE 'emergency' END
      WHEN role IS NOT NULL THEN 'emergency'
      WHEN draw('setting', no, 100) < 35 THEN 'day_case'
      WHEN draw('setting', no, 100) < 50 THEN 'elective'
      WHEN draw('setting', no, 100) < 96 THEN 'emergency'
      ELSE 'transfer'
    END AS setting
  FROM given_role
),
pooled AS (
  SELECT
    *,
    CASE
      WHEN role = 'outpatient' THEN 'outpatient'
      WHEN role = 'short' THEN 'short'
      WHEN role IN ('local', 'local_right') THEN 'local'
      WHEN role IN ('excluded', 'excluded_right') THEN 'excluded'
      WHEN role IN ('hip', 'hip_right', 'hip_unknown') THEN 'hip'
      WHEN role = 'maternity' THEN 'maternity'
      WHEN setting IN ('day_case', 'elective') THEN 'elective'
      ELSE 'emergency'
    END AS pool
  FROM settled
),
sizes AS (SELECT pool, max(size) AS size FROM choice GROUP BY pool),
drawn AS (SELECT pooled.*, draw('hrg', no, size) AS place FROM pooled JOIN sizes USING (pool)),
treated AS (
  SELECT
    drawn.* EXCLUDE (place),
    hrg AS hrg_right, hrg_up, hrg_down,
    CASE WHEN setting IN ('day_case', 'elective') THEN elective_trim ELSE non_elective_trim END AS trim_point,
    draw('long', no, 1000) AS lot
  FROM drawn JOIN choice USING (pool, place) JOIN fact USING (hrg)
)
SELECT
  * EXCLUDE (lot),
  CASE
    WHEN role = 'short' THEN draw('stay', no, 2)
    WHEN role = 'excess' THEN trim_point + 1 + draw('stay', no, 6)
    WHEN role = 'overlap' THEN 3 + draw('stay', no, 5)
    WHEN role IN ('hip', 'hip_right', 'hip_unknown') THEN 6 + draw('stay', no, 9)
    WHEN setting = 'day_case' THEN 0
    WHEN role IS NOT NULL THEN 1 + draw('stay', no, 4)
    WHEN setting = 'elective' AND lot < 60 THEN trim_point + 1 + draw('stay', no, 5)
    WHEN setting = 'elective' THEN 1 + draw('stay', no, least(trim_point, 6))
    WHEN lot < 250 THEN 0
    WHEN lot < 430 THEN 1
    WHEN lot < 480 THEN trim_point + 1 + draw('stay', no, 8)
    ELSE 2 + draw('stay', no, least(trim_point - 1, 10))
  END AS stay,
  draw('variant', no, 60) AS variant
FROM treated;

-- A wrong treatment in so many bills of a hundred: among claims in which nothing else is planted.
SET VARIABLE wrong_number = (
  SELECT (count(*) + count(*) FILTER (is_billed_again(role))) * getvariable('wrong_share') // 100 FROM meant
);

CREATE TABLE plan AS
WITH numbered AS (
  SELECT
    *,
    role IS NULL AND stay <= 5 AS may_be_wrong,
    row_number() OVER (PARTITION BY role IS NULL AND stay <= 5 ORDER BY hash(getvariable('seed'), 'wrong', no), no) AS number
  FROM meant
),
wrong AS (
  SELECT
    * EXCLUDE (may_be_wrong, number)
      REPLACE (CASE WHEN may_be_wrong AND number <= getvariable('wrong_number') THEN 'wrong_hrg' ELSE role END AS role)
  FROM numbered
),
dated AS (
  SELECT
    *,
    CASE
      WHEN crowd = 'several' THEN stretch * 121 + draw('begin', n, 406 - 121 * spells) + draw('admitted', no, 40)
      ELSE draw('admitted', no, 365 - stay - CASE
        WHEN role IN ('after_elective', 'after_emergency', 'not_counted', 'no_letter') THEN 45
        WHEN role IN ('overlap', 'daily') THEN 15
        ELSE 0
      END)
    END AS day_admitted
  FROM wrong
)
SELECT
  * EXCLUDE (day_admitted, trim_point),
  1 AS part,
  first_day() + day_admitted::INTEGER AS admitted,
  provider_of(CASE WHEN setting IN ('day_case', 'elective') THEN steered_to END, 'provider', no) AS provider_no,
  CASE
    WHEN role = 'wrong_hrg' AND variant % 2 = 0 OR role = 'price' AND variant % 5 = 2 THEN hrg_up
    WHEN role = 'wrong_hrg' OR role = 'price' AND variant % 5 = 4 THEN hrg_down
  END AS hrg_other,
  CASE
    WHEN role = 'excess' AND variant % 2 = 0 THEN stay - 1 - variant // 2 % 3
    WHEN draw('adjusted', no, 1000) < 150 THEN NULL
    WHEN draw('adjusted', no, 1000) < 180 AND role IS NULL AND stay >= 4 THEN stay - 1 - draw('days off', no, 2)
    ELSE stay
  END AS adjusted_stay,
  CASE
    WHEN born > DATE '1999-04-01' AND draw('service', no, 1000) < 200 THEN 'children'
    WHEN role IS NULL AND setting = 'elective' AND draw('service', no, 1000) < 40 THEN 'orthopaedic'
    WHEN role IS NULL AND setting = 'elective' AND draw('service', no, 1000) < 50 THEN 'spinal'
    WHEN role IS NULL AND setting = 'elective' AND draw('service', no, 1000) < 55 THEN 'neuroscience'
  END AS service
FROM dated;

-- The second spell of those who come again, or are billed again.
INSERT INTO plan BY NAME
WITH again AS (
  SELECT
    plan.* EXCLUDE (hrg_right),
    CASE WHEN role = 'not_counted' AND variant % 3 = 0 THEN cancer.hrg ELSE emergency.hrg END AS hrg_second,
    plan.hrg_right
  FROM plan
  JOIN choice AS emergency
    ON emergency.pool = 'emergency'
    AND emergency.place = draw('second', plan.no, (SELECT max(size) FROM choice WHERE pool = 'emergency'))
  JOIN choice AS cancer ON cancer.pool = 'cancer' AND cancer.place = 0
  WHERE is_billed_again(role)
)
SELECT
  * EXCLUDE (hrg_second)
  REPLACE (
    2 AS part,
    CASE WHEN role IN ('daily', 'twice') THEN setting ELSE 'emergency' END AS setting,
    CASE WHEN role IN ('daily', 'twice') THEN hrg_right ELSE hrg_second END AS hrg_right,
    CASE
      WHEN role IN ('daily', 'twice', 'overlap') THEN stay
      ELSE draw('second stay', no, 7)
    END AS stay,
    CASE
      WHEN role IN ('daily', 'twice') THEN adjusted_stay
      WHEN role = 'overlap' THEN stay
      ELSE draw('second stay', no, 7)
    END AS adjusted_stay,
    CASE
      WHEN role = 'twice' THEN admitted
      WHEN role IN ('daily', 'overlap') THEN admitted + 1
      ELSE admitted + (stay + 2 + draw('gap', no, 27))::INTEGER
    END AS admitted,
    CASE
      WHEN role = 'overlap' THEN provider_no % 5 + 1
      WHEN role IN ('after_elective', 'not_counted') AND variant % 4 = 1 THEN provider_no % 5 + 1
      ELSE provider_no
    END AS provider_no
  )
FROM again;
