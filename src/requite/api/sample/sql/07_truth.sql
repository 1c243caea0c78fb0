-- Every planted error with each check that should find it, and how much too much it is.

CREATE TABLE truth AS
WITH wrong AS (
  SELECT
    id, role, part, price, billed, local_price, estimate, outpatient_price, is_over_estimate, variant, best_practice,
    base, share, top_up, factor, long_stay, long_stay_billed
  FROM spell_made
  WHERE role IS NOT NULL
),
one_spell (kind, "check", id, overcharge, what) AS (
  SELECT 'T1', 'over_estimate', id, billed - estimate, 'billed well above the GP''s estimate' FROM wrong WHERE role = 'estimate'
  UNION ALL
  SELECT 'T2', 'day_case_for_outpatient', id, billed - outpatient_price, 'an outpatient procedure billed as a day case'
  FROM wrong WHERE role = 'outpatient'
  UNION ALL
  SELECT 'T3', 'spell_price', id, billed - price, ['a market forces factor that is not the provider''s', 'a top-up for a service that is not specialised',
    'the base price of a dearer treatment', 'no market forces factor', 'the base price of a cheaper treatment'][variant % 5 + 1]
  FROM wrong WHERE role = 'price' AND billed <> price
  UNION ALL
  SELECT 'T4', 'spell_price', id, billed - price, 'excess bed days that were not stayed' FROM wrong WHERE role = 'excess'
  UNION ALL
  SELECT 'T4', 'excess_days', id, billed - rounded(billed * 10000000 - (long_stay_billed - long_stay) * factor, 10000000),
    'excess bed days that were not stayed'
  FROM wrong WHERE role = 'excess'
  UNION ALL
  SELECT 'T5', 'spell_price', id, billed - price, 'a short emergency stay billed in full' FROM wrong WHERE role = 'short'
  UNION ALL
  SELECT 'T5', 'short_stay', id,
    billed - rounded(billed * 100000000000 - (100 - share) * base * (100 + top_up) * factor, 100000000000),
    'a short emergency stay billed in full'
  FROM wrong WHERE role = 'short'
  UNION ALL
  SELECT 'T6', 'readmission_after_elective', id, billed, 'an emergency readmission within 30 days of a planned stay'
  FROM wrong WHERE role = 'after_elective' AND part = 2
  UNION ALL
  SELECT 'T6', 'readmission_after_emergency', id, billed - rounded(billed * 3, 4),
    'an emergency readmission within 30 days, above the contract''s threshold'
  FROM readmission_made WHERE place > allowed
  UNION ALL
  SELECT 'T8', ['daily_readmission', 'overlapping_spell', 'duplicate_spell'][list_position(['daily', 'overlap', 'twice'], role)], id, billed,
    ['admitted again the next day for the same', 'a stay while the patient lay elsewhere', 'a spell billed twice']
      [list_position(['daily', 'overlap', 'twice'], role)]
  FROM wrong WHERE role IN ('daily', 'overlap', 'twice') AND part = 2
  UNION ALL
  SELECT 'T10', CASE role WHEN 'elsewhere' THEN 'not_our_patient' ELSE 'no_discharge_letter' END, id, billed,
    CASE role WHEN 'elsewhere' THEN 'a patient registered elsewhere, or nowhere' ELSE 'no discharge letter by the freeze date' END
  FROM wrong WHERE role IN ('elsewhere', 'no_letter')
  UNION ALL
  SELECT 'T11', 'best_practice_unmet', id, best_practice, 'best practice billed and not met' FROM wrong WHERE role = 'hip'
  UNION ALL
  SELECT 'T13', 'above_local_price', id, billed - local_price, 'the tariff billed where a local price is agreed' FROM wrong WHERE role = 'local'
  UNION ALL
  SELECT 'T13', 'excluded_treatment', id, billed, 'a treatment outside the tariff billed within it' FROM wrong WHERE role = 'excluded'
  UNION ALL
  -- A wrong treatment that is priced as what it is called: only a GP's estimate can tell.
  SELECT 'T14', CASE WHEN is_over_estimate THEN 'over_estimate' END, id, billed - CASE WHEN is_over_estimate THEN estimate ELSE price END,
    CASE WHEN billed > price THEN 'coded as a dearer treatment' ELSE 'coded as a cheaper treatment' END
  FROM wrong WHERE role = 'wrong_hrg' AND billed <> price
  UNION ALL
  SELECT
    ['T2', 'T3', 'T4'][list_position(['outpatient', 'price', 'excess'], role)], 'over_estimate', id, billed - estimate,
    'and so billed above the GP''s estimate'
  FROM wrong WHERE is_over_estimate AND role IN ('outpatient', 'price', 'excess')
),
others (kind, record, "check", id, overcharge, what) AS (
  SELECT 'T7', 'contract', 'marginal_rate', provider || '|' || commissioner, credit_due - credited, 'too little credited above the baseline'
  FROM baseline_made WHERE is_short_of_credit AND credited < credit_due
  UNION ALL
  SELECT 'T8', 'attendance', 'duplicate_attendance', id, billed, 'an attendance billed twice' FROM attendance_made WHERE number = 7
  UNION ALL
  SELECT 'T9', 'attendance', 'follow_up_over_ratio', id, billed, 'a follow-up beyond the agreed ratio' FROM beyond_ratio
  UNION ALL
  SELECT 'T9', 'attendance', 'consultant_referral', id, billed, 'referred by a consultant without approval'
  FROM attendance_made WHERE role = 'unapproved' AND j = 0
  UNION ALL
  SELECT 'T12', 'line', 'units_above_limit', id, billed - most * price, 'more units than are paid' FROM line_made WHERE role = 'units'
  UNION ALL
  SELECT 'T12', 'line', 'units_above_limit', id, billed, 'more units on one day than are paid' FROM line_made WHERE role = 'two_lines' AND part = 2
  UNION ALL
  SELECT 'T12', 'line', 'unpaid_code_pair', id, billed, 'a code that is not paid beside another' FROM line_made WHERE role = 'pair' AND part = 2
  UNION ALL
  SELECT 'T13', 'invoice', 'invoice_total', number, too_much, 'an invoice that is not the sum of its claims' FROM invoice_made WHERE too_much <> 0
  UNION ALL
  SELECT 'T15', 'practice', 'conflict_of_interest', practice, NULL, 'refers mostly to a provider in which it has a stake'
  FROM stake_made WHERE is_leaning
  UNION ALL
  SELECT 'T16', 'practice', 'exceptions_out_of_line', code, NULL, 'excepts so many patients that its payment changes'
  FROM practice_made WHERE exceptions = 'many'
)
SELECT kind, 'spell' AS record, id AS key, "check", overcharge, what FROM one_spell
UNION ALL
SELECT kind, record, id, "check", overcharge, what FROM others;
