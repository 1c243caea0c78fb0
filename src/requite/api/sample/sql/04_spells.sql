-- The claims: what is due for each spell, and what is billed.

CREATE TABLE reckoned AS
WITH known AS (
  SELECT
    plan.*,
    coalesce(plan.adjusted_stay, plan.stay) AS stay_paid,
    date_sub('year', plan.born, plan.admitted) AS age,
    provider_made.provider,
    provider_made.factor,
    CASE plan.service WHEN 'children' THEN 60 WHEN 'orthopaedic' THEN 24 WHEN 'spinal' THEN 32 WHEN 'neuroscience' THEN 28 ELSE 0 END
      AS top_up,
    due AS due,
    other AS other
  FROM plan
  JOIN provider_made ON provider_made.no = plan.provider_no
  JOIN fact AS due ON due.hrg = plan.hrg_right
  LEFT JOIN fact AS other ON other.hrg = plan.hrg_other
),
judged AS (
  SELECT *, setting IN ('day_case', 'elective') AS is_elective, setting = 'emergency' AND stay_paid < 2 AND age >= 19 AS may_be_short
  FROM known
),
terms AS (
  SELECT
    * EXCLUDE (due, other),
    due.day_rate AS day_rate,
    due.outpatient AS outpatient,
    base_of(setting, due) AS base,
    base_of(setting, other) AS base_other,
    CASE WHEN may_be_short AND due.short_stay THEN due.share ELSE 100 END AS share,
    CASE WHEN may_be_short AND other.short_stay THEN other.share ELSE 100 END AS share_other,
    greatest(0, stay_paid - CASE WHEN is_elective THEN due.elective_trim ELSE due.non_elective_trim END) AS days_beyond,
    greatest(0, stay_paid - CASE WHEN is_elective THEN other.elective_trim ELSE other.non_elective_trim END) * other.day_rate
      AS long_stay_other
  FROM judged
),
due AS (
  SELECT *, days_beyond * day_rate AS long_stay, price_of(base, share, top_up, days_beyond * day_rate, factor) AS price
  FROM terms
)
SELECT
  *,
  role = 'wrong_hrg' AS is_wrong,
  CASE WHEN role = 'wrong_hrg' THEN hrg_other ELSE hrg_right END AS hrg,
  CASE WHEN role = 'wrong_hrg' OR role = 'price' AND variant % 5 IN (2, 4) THEN base_other ELSE base END AS base_billed,
  CASE WHEN role = 'wrong_hrg' THEN share_other WHEN role = 'short' THEN 100 ELSE share END AS share_billed,
  CASE WHEN role = 'price' AND variant % 5 = 1 THEN 24 ELSE top_up END AS top_up_billed,
  CASE
    WHEN role = 'wrong_hrg' THEN long_stay_other
    WHEN role = 'excess' THEN long_stay + (1 + variant // 2 % 3) * day_rate
    ELSE long_stay
  END AS long_stay_billed,
  CASE
    WHEN role = 'price' AND variant % 5 = 0 THEN factor + 500000
    WHEN role = 'price' AND variant % 5 = 3 THEN 10000000
    ELSE factor
  END AS factor_billed,
  CASE
    WHEN role IN ('hip', 'hip_unknown') OR role = 'hip_right' AND variant % 3 > 0 THEN getvariable('addition')
  END AS best_practice
FROM due;

CREATE TABLE spell_made AS
WITH billed AS (
  SELECT
    reckoned.*,
    admitted + stay::INTEGER AS discharged,
    local_agreed.price AS local_price,
    CASE
      WHEN role = 'local_right' THEN local_agreed.price
      ELSE price_of(base_billed, share_billed, top_up_billed, long_stay_billed, factor_billed) + coalesce(best_practice, 0)
    END AS billed
  FROM reckoned
  LEFT JOIN local_agreed ON local_agreed.provider = reckoned.provider AND local_agreed.hrg = reckoned.hrg
),
estimated AS (
  SELECT
    *,
    rounded(outpatient * factor, 10000000) AS outpatient_price,
    CASE
      WHEN NOT is_elective OR part = 2 AND role <> 'daily' THEN NULL
      WHEN role = 'estimate' THEN greatest(1000, least(price * 100 // (130 + variant), price - 15000))
      WHEN role = 'tolerance' THEN price - 10000
      WHEN role = 'outpatient' AND variant % 2 = 0 THEN rounded(outpatient * factor, 10000000)
      WHEN role = 'local_right' THEN local_price
      ELSE (price * (92 + draw('estimate', no, 17)) // 10000 + 1) * 100
    END AS estimate
  FROM billed
)
SELECT
  *,
  'S' || lpad((no * 2 + part - 1)::VARCHAR, 11, '0') AS id,
  'E' || lpad((no * 2 + CASE WHEN role = 'twice' THEN 0 ELSE part - 1 END)::VARCHAR, 11, '0') AS spell_no,
  coalesce(5 * (billed - estimate) > estimate AND billed - estimate > 10000, false) AS is_over_estimate,
  strftime(discharged, '%Y-%m') AS month
FROM estimated;

DROP TABLE reckoned;
DROP TABLE plan;
DROP TABLE meant;
