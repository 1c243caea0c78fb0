"""The files of a sample: for each, the columns as the rulesets name them, in the order in which its rows stand."""

from __future__ import annotations

from typing import Final

FILES: Final = {
    "practice": """
        SELECT code, name, list_size, peer_group, generic_items, prescribed_items, follow_ups, first_attendances,
          pounds(elective_budget) AS elective_budget, pounds(elective_spend) AS elective_spend
        FROM practice_figures ORDER BY code""",
    "patient": """
        SELECT patient, practice, born FROM person ORDER BY patient""",
    "referral": """
        SELECT id, patient, practice, provider, specialty, referred, pounds(expected_cost) AS expected_cost
        FROM referral_made ORDER BY id""",
    "letter": """
        SELECT 'D' || substr(spell_no, 2) AS id, provider AS "Provider Code", spell_no AS "Hospital Provider Spell No",
          CASE WHEN role = 'no_letter' THEN calendar."freeze" + 1 + (variant % 20)::INTEGER
            ELSE discharged + draw('letter', no * 2 + part, 10)::INTEGER END AS sent
        FROM spell_made JOIN calendar USING (month)
        WHERE NOT (coalesce(role, '') = 'no_letter' AND variant % 2 = 0 OR coalesce(role, '') = 'twice' AND part = 2)
          -- Letters of the last month may still come: its freeze date is not past.
          AND NOT (role IS NULL AND month = '2018-03' AND draw('letter', no * 2 + part, 50) = 0)
        ORDER BY id""",
    "achievement": """
        SELECT practice, indicator, register, exceptions, achieved, points, lower || '%' AS lower, upper || '%' AS upper
        FROM achievement_made ORDER BY practice, indicator""",
    "prescribing": """
        SELECT practice, month, section, items, generic_items, pounds(cost) AS cost
        FROM prescribing_made ORDER BY practice, month, section""",
    "registration": """
        WITH moved AS (
          SELECT person.patient, person.practice, person.commissioner, role, variant, admitted,
            draw('moved', person.n, 100) < 3 AS has_moved, draw('moved on', person.n, 365)::INTEGER AS moved_on,
            next.code AS next_practice,
            greatest(born, DATE '2008-01-01' + draw('registered', person.n, 3000)::INTEGER) AS since
          FROM person
          LEFT JOIN (SELECT n, variant, role, admitted FROM spell_made WHERE role = 'elsewhere') AS planted USING (n)
          LEFT JOIN practice_made AS next ON next.no = person.practice_no + 1 AND next.commissioner = person.commissioner
        ),
        each AS (
          SELECT patient, practice, commissioner, since AS registered_from,
            CASE WHEN role IS NOT NULL THEN admitted - 31
              WHEN has_moved AND next_practice IS NOT NULL THEN first_day() + moved_on - 1 END AS registered_until
          FROM moved WHERE role IS NULL OR variant % 3 > 0
          UNION ALL
          SELECT patient, CASE WHEN role IS NULL THEN next_practice ELSE 'P9999' END,
            CASE WHEN role IS NULL THEN commissioner ELSE 'C99' END,
            CASE WHEN role IS NULL THEN first_day() + moved_on ELSE admitted - 30 END, NULL
          FROM moved WHERE role IS NULL AND has_moved AND next_practice IS NOT NULL OR role IS NOT NULL AND variant % 3 = 1
        )
        SELECT patient, registered_from, registered_until, practice, commissioner FROM each ORDER BY patient, registered_from""",
    "stake": """
        SELECT practice, provider, declared FROM stake_made ORDER BY practice, provider""",
    "spell": """
        SELECT
          id AS "Generated Record ID", spell_no AS "Hospital Provider Spell No", patient AS "NHS Number", age AS "Age on Admission",
          practice AS "GP Practice Code", CASE WHEN is_elective THEN 'G' || substr(practice, 2) END AS "Referrer Code",
          commissioner AS "Commissioner Code", provider AS "Provider Code", specialty_of(setting, role, hrg) AS "Specialty Code",
          CASE setting WHEN 'day_case' THEN '2' WHEN 'maternity' THEN '5' ELSE '1' END AS "Patient Classification",
          CASE setting
            WHEN 'maternity' THEN ['31', '32'][variant % 2 + 1]
            WHEN 'transfer' THEN '81'
            WHEN 'emergency' THEN ['21', '21', '21', '22', '24', '28', '2A', '2B', '2D'][variant % 9 + 1]
            ELSE ['11', '11', '12', '13'][variant % 4 + 1]
          END AS "Admission Method",
          CASE WHEN role = 'not_counted' AND part = 2 AND variant % 3 = 2 OR setting = 'transfer' THEN '51' ELSE '19' END
            AS "Source of Admission",
          CASE WHEN role = 'not_counted' AND part = 1 AND variant % 3 = 1 THEN '2' ELSE '1' END AS "Discharge Method",
          admitted AS "PbR Spell Start Date", discharged AS "PbR Spell End Date",
          adjusted_stay AS "PbR Final Adjusted Length of Stay", hrg AS "Spell Core HRG", service AS "Specialised Service Code",
          -- Of two top-ups the higher counts.
          CASE WHEN service = 'children' AND variant % 4 = 0 THEN 'orthopaedic' END AS "Second Specialised Service Code",
          CASE role WHEN 'local_right' THEN 'local price' WHEN 'excluded_right' THEN 'outside the tariff' END AS "Exclusion Reason",
          pounds(CASE WHEN role = 'local_right' THEN local_price ELSE base_billed END) AS "Tariff Initial Amount",
          yes_no(share_billed < 100) AS "Short Stay Emergency",
          pounds(CASE WHEN role = 'local_right' THEN 0 ELSE long_stay_billed END) AS "Long Stay Payment",
          pounds(rounded(base_billed * share_billed * top_up_billed, 10000)) AS "Service Adjustment",
          pounds(best_practice) AS "Best Practice Payment",
          CASE WHEN role = 'local_right' THEN 1 ELSE factor_billed * 0.0000001::DECIMAL(9, 7) END AS "Market Forces Factor",
          pounds(CASE WHEN role = 'local_right' THEN local_price
            ELSE rounded(before_factor(base_billed, share_billed, top_up_billed, long_stay_billed), 10000) END) AS "Pre-MFF Tariff",
          pounds(billed) AS "Total Payment",
          yes_no(month < '2018-03') AS "Frozen Indicator"
        FROM spell_made ORDER BY id""",
    "attendance": """
        SELECT
          id AS "Generated Record ID", patient AS "NHS Number", practice AS "GP Practice Code", commissioner AS "Commissioner Code",
          provider AS "Provider Code", specialty AS "Specialty Code", source AS "Source of Referral", kind AS "First Attendance",
          attended AS "Attendance Date", NULL::VARCHAR AS "Outpatient Procedure HRG", yes_no(approved) AS "Prior Approval",
          pounds(billed) AS "Total Payment"
        FROM attendance_made ORDER BY id""",
    "line": """
        SELECT id AS "Line ID", patient AS "NHS Number", commissioner AS "Commissioner Code", provider AS "Provider Code",
          code, day, units, modifier, pounds(billed) AS billed
        FROM line_made ORDER BY id""",
    "invoice": """
        SELECT number, provider AS "Provider Code", commissioner AS "Commissioner Code", month, pounds(claimed + too_much) AS billed
        FROM invoice_made ORDER BY number""",
    "hip_fracture": """
        WITH audit AS (
          SELECT provider, spell_no, variant, admitted + INTERVAL (6 + variant % 12) HOUR AS arrived, role,
            CASE WHEN role = 'hip' OR role = 'hip_right' AND variant % 3 = 0 THEN 1 + variant // 3 % 7 ELSE 0 END AS failing
          FROM spell_made WHERE role IN ('hip', 'hip_right', 'hip_unknown')
        )
        SELECT provider AS "Provider Code", spell_no AS "Hospital Provider Spell No",
          strftime(arrived, '%Y-%m-%d %H:%M') AS arrived,
          strftime(arrived + CASE WHEN failing = 1 THEN INTERVAL (36 * 60 + 1 + variant) MINUTE
            WHEN variant % 4 = 0 THEN INTERVAL 36 HOUR ELSE INTERVAL (12 + variant % 20) HOUR END, '%Y-%m-%d %H:%M') AS operated,
          yes_no(failing <> 2) AS joint_care, yes_no(failing <> 3) AS joint_protocol,
          yes_no(failing <> 4) AS geriatrician_within_72_hours, yes_no(failing <> 5) AS rehabilitation_led,
          yes_no(failing <> 6) AS falls_assessed,
          CASE WHEN role <> 'hip_unknown' THEN yes_no(failing <> 7) END AS bones_assessed
        FROM audit ORDER BY spell_no""",
    "calendar": """
        SELECT month, submission, challenge, "freeze" FROM calendar ORDER BY month""",
    "review": """
        SELECT of, reviewed_on FROM review""",
    "withdrawn": """
        SELECT NULL::VARCHAR AS claim, NULL::VARCHAR AS "check", NULL::DATE AS withdrawn_on WHERE false""",
    "tariff": """
        SELECT hrg, name, valid_from, valid_to, outpatient_procedure, combined_day_case_elective, day_case, ordinary_elective,
          non_elective, elective_trim_days, non_elective_trim_days, long_stay_day_rate
        FROM tariff_given ORDER BY hrg, valid_from""",
    "hrg_terms": """
        SELECT hrg, first_day() AS valid_from, last_day() AS valid_to, yes_no(short_stay) AS short_stay, average_stay,
          CASE WHEN purpose IN ('cancer', 'maternity') THEN purpose END AS category
        FROM fact ORDER BY hrg""",
    "market_forces": """
        SELECT provider, first_day() AS valid_from, last_day() AS valid_to, factor * 0.0000001::DECIMAL(9, 7) AS factor
        FROM provider_made ORDER BY provider""",
    "best_practice": """
        SELECT hrg, first_day() AS valid_from, last_day() AS valid_to, pounds(getvariable('addition')) AS addition
        FROM fact WHERE purpose = 'hip' ORDER BY hrg""",
    "emergency_baseline": """
        SELECT provider, commissioner, pounds(baseline) AS value, pounds(credited) AS credited
        FROM baseline_made ORDER BY provider, commissioner""",
    "readmission_threshold": """
        SELECT provider, commissioner, allowed, NULL::VARCHAR AS allowed_share
        FROM readmission_threshold ORDER BY provider, commissioner""",
    "follow_up_ratio": """
        SELECT provider, specialty, pounds(agreed) AS agreed FROM clinic ORDER BY provider, specialty""",
    "local_price": """
        SELECT provider, hrg, first_day() AS valid_from, last_day() AS valid_to, pounds(price) AS price
        FROM local_agreed ORDER BY provider, hrg""",
    "excluded_hrg": """
        SELECT hrg, first_day() AS valid_from, last_day() AS valid_to, 'paid for outside the tariff' AS why
        FROM fact WHERE purpose = 'excluded' ORDER BY hrg""",
    "unit_limit": """
        SELECT code, most AS "limit", basis FROM item ORDER BY code""",
    "code_pair": """
        SELECT * FROM (VALUES
          ('M01', 'M02', DATE '2015-01-01', NULL, 'yes'), ('M03', 'M04', DATE '2015-01-01', NULL, 'no'),
          ('M05', 'M06', DATE '2015-01-01', DATE '2016-12-31', 'no')
        ) AS pairs (main, other, effective, deleted, override) ORDER BY main""",
}

TRUTH: Final = """
    SELECT kind, record, key, coalesce("check", '') AS "check", pounds(overcharge) AS overcharge, what
    FROM truth ORDER BY substr(kind, 2)::INTEGER, record, key, "check" NULLS FIRST"""
