-- Outpatient attendances: up to three courses of appointments for a patient, each a first one and its follow-ups.

CREATE TABLE course AS
WITH wanted AS (
  SELECT *, unnest(range(3)) AS q FROM person
),
drawn AS (
  SELECT *, n * 3 + q AS no FROM wanted WHERE draw('course', n * 3 + q, 100) < 18
),
placed AS (
  SELECT *, row_number() OVER (ORDER BY hash(getvariable('seed'), 'course role', no), no) - 1 AS place FROM drawn
),
given_role AS (SELECT * EXCLUDE (place), course_role_of(place) AS role FROM placed)
SELECT
  no, n, patient, practice, practice_no, commissioner, role, q,
  CASE
    WHEN role = 'unapproved' THEN '05'
    WHEN role IS NULL AND draw('source', no, 100) < 12 THEN '05'
    WHEN role IS NULL AND draw('source', no, 100) < 20 THEN '01'
    ELSE '03'
  END AS source,
  draw('specialty', no, 8) AS specialty_no,
  provider_of(CASE WHEN draw('source', no, 100) >= 20 THEN steered_to END, 'clinic', no) AS provider_no,
  -- No two courses of a patient ever meet on a day.
  draw('first', no, 121) * 3 + q AS day_first,
  draw('follow-ups', no, 5) AS follow_ups
FROM given_role;

CREATE TABLE attendance_made AS
WITH each_day AS (
  SELECT *, unnest(range(follow_ups + 1)) AS j FROM course
),
each_bill AS (
  SELECT * EXCLUDE (j), j, j AS number FROM each_day
  UNION ALL
  SELECT * EXCLUDE (j), 0, 7 FROM each_day WHERE j = 0 AND role = 'two_bills'
)
SELECT
  no, number, j, role, practice_no, patient, practice, commissioner, source,
  'A' || lpad((no * 8 + number)::VARCHAR, 12, '0') AS id,
  ['140', '330', '361', '400', '410', '650', '653', '812'][specialty_no + 1] AS specialty,
  'H' || lpad(provider_no::VARCHAR, 2, '0') AS provider,
  first_day() + (day_first + 42 * j)::INTEGER AS attended,
  CASE
    WHEN j = 0 THEN CASE WHEN draw('telephone', no, 100) < 4 THEN '3' ELSE '1' END
    ELSE CASE WHEN draw('telephone', no * 8 + j, 100) < 8 THEN '4' ELSE '2' END
  END AS kind,
  source = '05' AND j = 0 AND role IS NULL AS approved,
  CASE WHEN j = 0 THEN 15000 + 1300 * specialty_no ELSE 7000 + 600 * specialty_no END AS billed
FROM each_bill
WHERE day_first + 42 * j < 365;

-- What GPs refer: the planned spells, and the courses that began with them.
CREATE TABLE referral_made AS
SELECT
  'R' || lpad((no * 2 + part)::VARCHAR, 12, '0') AS id,
  patient, practice, practice_no, provider,
  specialty_of(setting, role, hrg) AS specialty,
  admitted - (14 + draw('lead', no, 47))::INTEGER AS referred,
  estimate AS expected_cost
FROM spell_made
WHERE is_elective AND part = 1
UNION ALL
SELECT
  'Q' || lpad(no::VARCHAR, 12, '0'),
  patient, practice, practice_no, 'H' || lpad(provider_no::VARCHAR, 2, '0'),
  ['140', '330', '361', '400', '410', '650', '653', '812'][specialty_no + 1],
  first_day() + (day_first - 7 - draw('wait', no, 77))::INTEGER,
  15000 + 1300 * specialty_no + follow_ups * (7000 + 600 * specialty_no)
FROM course
WHERE source = '03';

-- Items paid by the unit. A few patients have two lines on one day.
CREATE TABLE item AS
SELECT * FROM (VALUES
  ('L01', 3, 'line', 4500), ('L02', 8, 'day_reviewable', 1200), ('L03', 1, 'day_absolute', 23000), ('L04', 2, 'line', 16000),
  ('L05', 4, 'day_absolute', 2500), ('L06', 6, 'line', 900)
) AS items (code, most, basis, price);

CREATE TABLE line_made AS
WITH drawn AS (
  SELECT *, draw('item', n, 6) AS item_no, draw('variant', n, 60) AS variant
  FROM person WHERE draw('line', n, 1000) < 150
),
placed AS (
  SELECT *, row_number() OVER (ORDER BY hash(getvariable('seed'), 'line role', n), n) - 1 AS place FROM drawn
),
given_role AS (
  SELECT * EXCLUDE (place), line_role_of(place) AS role FROM placed
),
items AS (
  SELECT
    given_role.*,
    CASE WHEN role = 'two_lines' THEN CASE WHEN variant % 2 = 0 THEN 'L03' ELSE 'L05' END ELSE 'L' || lpad((item_no + 1)::VARCHAR, 2, '0') END
      AS item_code
  FROM given_role
),
priced AS (
  SELECT
    items.*, most, price,
    first_day() + draw('line day', n, 365)::INTEGER AS day,
    'H' || lpad(provider_of(NULL, 'line provider', n)::VARCHAR, 2, '0') AS provider
  FROM items JOIN item ON item.code = item_code
),
parts AS (
  SELECT *, unnest(CASE WHEN role IS NULL OR role = 'units' THEN [1] ELSE [1, 2] END) AS part FROM priced
)
SELECT
  n, part, role, variant, patient, commissioner, provider, day, most, price,
  'L' || lpad((n * 2 + part - 1)::VARCHAR, 11, '0') AS id,
  CASE
    WHEN role = 'pair' THEN CASE WHEN variant % 2 = 0 THEN ['M01', 'M02'][part] ELSE ['M03', 'M04'][part] END
    WHEN role = 'pair_right' THEN CASE WHEN variant % 2 = 0 THEN ['M01', 'M02'][part] ELSE ['M05', 'M06'][part] END
    ELSE item_code
  END AS code,
  CASE
    WHEN role = 'pair' AND variant % 2 = 1 AND part = 2 THEN '59'
    WHEN role = 'pair_right' AND variant % 2 = 0 AND part = 2 THEN '59'
  END AS modifier,
  CASE
    WHEN role = 'units' THEN most + 1 + variant % 4
    WHEN role = 'two_lines' THEN CASE WHEN part = 1 THEN most ELSE 1 END
    WHEN role IS NULL THEN 1 + draw('units', n, most)
    ELSE 1
  END AS units,
  CASE
    WHEN role IN ('pair', 'pair_right') THEN [18000, 6000][part]
    ELSE price * CASE
      WHEN role = 'units' THEN most + 1 + variant % 4
      WHEN role = 'two_lines' THEN CASE WHEN part = 1 THEN most ELSE 1 END
      ELSE 1 + draw('units', n, most)
    END
  END AS billed
FROM parts;
