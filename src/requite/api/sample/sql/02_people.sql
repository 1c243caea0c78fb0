-- The patients of each practice, and how many spells each has in the year.

CREATE TABLE person AS
WITH counted AS (
  SELECT
    no AS practice_no, code AS practice, commissioner, steered_to,
    first + unnest(range(list_size)) AS n
  FROM practice_made
)
SELECT
  *,
  'N' || lpad(n::VARCHAR, 9, '0') AS patient,
  first_day() - (60 + draw('born', n, 32800))::INTEGER AS born,
  draw('spells', n, 1000) AS lot
FROM counted;

-- A patient with one spell may have it on any day; of several, each has a stretch of the year, so that no two touch.
CREATE TABLE slot AS
WITH wanted AS (
  SELECT *, unnest(range(spells)) AS stretch
  FROM (SELECT *, CASE WHEN lot < 200 THEN 1 WHEN lot < 240 THEN 2 WHEN lot < 253 THEN 3 ELSE 0 END AS spells FROM person)
)
SELECT
  n * 3 + stretch AS no,
  n, patient, practice, practice_no, commissioner, steered_to, born, stretch, spells,
  CASE
    WHEN lot >= 200 THEN 'several'
    WHEN born > DATE '1997-01-01' THEN 'young'
    WHEN born <= DATE '1957-04-01' THEN 'old'
    ELSE 'adult'
  END AS crowd
FROM wanted;
