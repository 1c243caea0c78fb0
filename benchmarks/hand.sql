-- The workload as somebody would write it who knows DuckDB: check by check, shared where a sensible person shares.
-- $practice, $patient, $estimate, $spell, $tariff are files; $out is the folder of results.

CREATE MACRO gbp(x) AS format('£{:,}.{:02d}', (x * 100)::BIGINT // 100, (x * 100)::BIGINT % 100);
CREATE MACRO days(n) AS n || CASE WHEN n = 1 THEN ' day' ELSE ' days' END;
-- On 1 March, not on 28 February, for whoever was born on the 29th.
CREATE MACRO age(born, day) AS
    (year(day) * 10000 + month(day) * 100 + day(day) - year(born) * 10000 - month(born) * 100 - day(born)) // 10000;

-- input: rows set aside, and what is left

-- Hashes are narrower than ids; the few that meet are looked at again.
CREATE TEMP TABLE repeated AS
    WITH met AS (SELECT h FROM (SELECT hash(id) AS h FROM read_parquet('$spell')) GROUP BY h HAVING count(*) > 1)
    SELECT id FROM read_parquet('$spell') WHERE hash(id) IN (FROM met) GROUP BY id HAVING count(*) > 1;

COPY (
    SELECT 'spell' AS record, file_row_number + 2 AS line, id AS key,
        CASE WHEN id IN (FROM repeated) THEN 'two rows have the same id'
            WHEN hrg IS NULL THEN 'hrg is blank'
            ELSE 'discharged is blank' END AS reason
    FROM read_parquet('$spell', file_row_number = true)
    WHERE id IN (FROM repeated) OR hrg IS NULL OR discharged IS NULL OR id IS NULL OR patient IS NULL OR provider IS NULL
        OR specialty IS NULL OR admission IS NULL OR method IS NULL OR admitted IS NULL OR excess_days IS NULL OR billed IS NULL
    ORDER BY line
) TO '$out/rejects.parquet' (COMPRESSION zstd);

-- Patients by number and codes as enumerations: both are compared and hashed faster than text. NULL is a patient whom nobody knows.
CREATE TEMP TABLE patient AS
    SELECT file_row_number::INTEGER AS n, id, practice, born, sex FROM read_parquet('$patient', file_row_number = true);

CREATE TYPE provider_code AS ENUM (SELECT DISTINCT provider FROM read_parquet('$spell') WHERE provider IS NOT NULL);
CREATE TYPE specialty_code AS ENUM (SELECT DISTINCT specialty FROM read_parquet('$spell') WHERE specialty IS NOT NULL);
CREATE TYPE hrg_code AS ENUM (SELECT DISTINCT hrg FROM read_parquet('$spell') WHERE hrg IS NOT NULL);
CREATE TYPE admission_code AS ENUM (SELECT DISTINCT admission FROM read_parquet('$spell') WHERE admission IS NOT NULL);
CREATE TYPE method_code AS ENUM (SELECT DISTINCT method FROM read_parquet('$spell') WHERE method IS NOT NULL);
CREATE TEMP TABLE spell AS
    SELECT s.id, p.n AS patient, p.born, p.sex, s.provider::provider_code AS provider, s.specialty::specialty_code AS specialty,
        s.hrg::hrg_code AS hrg, s.admission::admission_code AS admission, s.method::method_code AS method,
        s.admitted, s.discharged, s.excess_days, s.billed
    FROM read_parquet('$spell') AS s LEFT JOIN patient AS p ON p.id = s.patient
    WHERE s.hrg IS NOT NULL AND s.discharged IS NOT NULL AND s.patient IS NOT NULL AND s.provider IS NOT NULL
        AND s.specialty IS NOT NULL AND s.admission IS NOT NULL AND s.method IS NOT NULL AND s.admitted IS NOT NULL
        AND s.excess_days IS NOT NULL AND s.billed IS NOT NULL AND s.id IS NOT NULL AND s.id NOT IN (FROM repeated);

CREATE TEMP TABLE tariff AS
    SELECT hrg, valid_from, valid_to, outpatient_procedure::DECIMAL(9, 2) AS outpatient,
        coalesce(day_case, combined_day_case_elective)::DECIMAL(9, 2) AS day_case,
        coalesce(ordinary_elective, combined_day_case_elective)::DECIMAL(9, 2) AS elective,
        non_elective::DECIMAL(9, 2) AS non_elective, elective_trim_days::INTEGER AS elective_trim,
        non_elective_trim_days::INTEGER AS non_elective_trim, long_stay_day_rate::DECIMAL(9, 2) AS day_rate,
        least_age, greatest_age, sex
    FROM read_csv('$tariff', types = {'least_age': 'INTEGER', 'greatest_age': 'INTEGER', 'sex': 'VARCHAR'});

CREATE TEMP TABLE finding (
    rank UTINYINT, "check" VARCHAR, key VARCHAR, billed DECIMAL(18, 2), expected DECIMAL(18, 2), overcharge DECIMAL(18, 2),
    reason VARCHAR, penalty DECIMAL(18, 2), respondent VARCHAR
);
CREATE TEMP TABLE not_assessable (rank UTINYINT, rule VARCHAR, key VARCHAR, reason VARCHAR);
CREATE TEMP TABLE scope (rank UTINYINT, rule VARCHAR, in_scope BIGINT);

-- what the checks on price have in common: the line of the price table on the day of discharge

CREATE VIEW priced AS
    SELECT s.id, s.patient, s.born, s.sex, s.provider, s.hrg, s.admission, s.method, s.admitted, s.discharged, s.excess_days,
        s.billed, s.discharged - s.admitted AS stay,
        t.hrg IS NOT NULL AS has_line, t.outpatient, t.day_rate, t.least_age, t.greatest_age, t.sex AS line_sex,
        CASE s.admission WHEN 'day_case' THEN t.day_case WHEN 'elective' THEN t.elective ELSE t.non_elective END AS base,
        CASE s.admission WHEN 'non_elective' THEN t.non_elective_trim ELSE t.elective_trim END AS trim,
        CASE WHEN trim IS NOT NULL THEN greatest(0, stay - trim) END AS excess,
        base + CASE WHEN excess = 0 THEN 0 ELSE excess * t.day_rate END AS price
    FROM spell AS s LEFT JOIN tariff AS t ON t.hrg = s.hrg AND s.discharged BETWEEN t.valid_from AND t.valid_to;

-- 1. day_case_price

INSERT INTO scope SELECT 1, 'day_case_price', count(*) FROM priced WHERE admission = 'day_case';

INSERT INTO not_assessable
    SELECT 1, 'day_case_price', id,
        CASE WHEN discharged < admitted THEN 'discharged before admitted'
            WHEN NOT has_line THEN 'no price for ' || hrg || ' on ' || discharged
            ELSE 'no day case price for ' || hrg END
    FROM priced WHERE admission = 'day_case' AND (discharged < admitted OR base IS NULL);

INSERT INTO finding
    SELECT 1, 'day_case_price', id, billed, base, billed - base,
        format('billed {} for {} as a day case; the price is {}', gbp(billed), hrg, gbp(base)), NULL, provider
    FROM priced WHERE admission = 'day_case' AND discharged >= admitted AND billed <> base;

-- 2. elective_price

INSERT INTO scope SELECT 2, 'elective_price', count(*) FROM priced WHERE admission = 'elective';

INSERT INTO not_assessable
    SELECT 2, 'elective_price', id,
        CASE WHEN discharged < admitted THEN 'discharged before admitted'
            WHEN NOT has_line THEN 'no price for ' || hrg || ' on ' || discharged
            WHEN base IS NULL THEN 'no elective price for ' || hrg
            ELSE 'no day rate for ' || hrg END
    FROM priced WHERE admission = 'elective' AND (discharged < admitted OR price IS NULL);

INSERT INTO finding
    SELECT 2, 'elective_price', id, billed, price, billed - price,
        format('billed {} for {} elective; the price is {}, {} above the trim point', gbp(billed), hrg, gbp(price), days(excess)),
        NULL, provider
    FROM priced WHERE admission = 'elective' AND discharged >= admitted AND billed <> price;

-- 3. non_elective_price

INSERT INTO scope
    SELECT 3, 'non_elective_price', count(*) FROM priced WHERE admission = 'non_elective' AND (stay >= 2 OR stay < 0);

INSERT INTO not_assessable
    SELECT 3, 'non_elective_price', id,
        CASE WHEN stay < 0 THEN 'discharged before admitted'
            WHEN NOT has_line THEN 'no price for ' || hrg || ' on ' || discharged
            WHEN base IS NULL THEN 'no non-elective price for ' || hrg
            ELSE 'no day rate for ' || hrg END
    FROM priced WHERE admission = 'non_elective' AND (stay < 0 OR stay >= 2 AND price IS NULL);

INSERT INTO finding
    SELECT 3, 'non_elective_price', id, billed, price, billed - price,
        format('billed {} for {} non-elective; the price is {}, {} above the trim point',
            gbp(billed), hrg, gbp(price), days(excess)), NULL, provider
    FROM priced WHERE admission = 'non_elective' AND stay >= 2 AND billed <> price;

-- 4. short_stay

CREATE TEMP TABLE short AS
    SELECT id, provider, hrg, discharged, stay, billed, has_line, round(0.65 * base, 2) AS reduced, age(born, admitted) AS years
    FROM priced WHERE admission = 'non_elective' AND stay < 2 AND (years >= 19 OR years IS NULL OR stay < 0);

INSERT INTO scope SELECT 4, 'short_stay', count(*) FROM short;

INSERT INTO not_assessable
    SELECT 4, 'short_stay', id,
        CASE WHEN stay < 0 THEN 'discharged before admitted'
            WHEN years IS NULL THEN 'the patient is not known'
            WHEN NOT has_line THEN 'no price for ' || hrg || ' on ' || discharged
            ELSE 'no non-elective price for ' || hrg END
    FROM short WHERE stay < 0 OR years IS NULL OR reduced IS NULL;

INSERT INTO finding
    SELECT 4, 'short_stay', id, billed, reduced, billed - reduced,
        format('billed {} for a stay of {}; the reduced price is {}', gbp(billed), days(stay), gbp(reduced)), NULL, provider
    FROM short WHERE stay >= 0 AND years >= 19 AND billed > reduced;

-- 5. long_stay_days

INSERT INTO scope SELECT 5, 'long_stay_days', count(*) FROM priced WHERE excess_days > 0;

INSERT INTO not_assessable
    SELECT 5, 'long_stay_days', id,
        CASE WHEN stay < 0 THEN 'discharged before admitted'
            WHEN NOT has_line THEN 'no price for ' || hrg || ' on ' || discharged
            WHEN day_rate IS NULL THEN 'no day rate for ' || hrg
            ELSE 'no trim point for ' || hrg END
    FROM priced WHERE excess_days > 0 AND (stay < 0 OR day_rate IS NULL OR trim IS NULL);

INSERT INTO finding
    SELECT 5, 'long_stay_days', id, billed, billed - (excess_days - excess) * day_rate, (excess_days - excess) * day_rate,
        format('{} billed above the trim point of {}; there were {}', days(excess_days), days(trim), days(excess)), NULL, provider
    FROM priced WHERE excess_days > 0 AND stay >= 0 AND excess_days > excess AND day_rate IS NOT NULL;

-- 6. day_case_for_outpatient

INSERT INTO scope
    SELECT 6, 'day_case_for_outpatient', count(*) FROM priced
    WHERE admission = 'day_case' AND (NOT has_line OR outpatient IS NOT NULL);

INSERT INTO not_assessable
    SELECT 6, 'day_case_for_outpatient', id, 'no price for ' || hrg || ' on ' || discharged
    FROM priced WHERE admission = 'day_case' AND NOT has_line;

INSERT INTO finding
    SELECT 6, 'day_case_for_outpatient', id, billed, outpatient, billed - outpatient,
        format('billed {} as a day case; the outpatient price is {}', gbp(billed), gbp(outpatient)), NULL, provider
    FROM priced WHERE admission = 'day_case' AND billed > outpatient;

-- 7. over_estimate: the latest estimate of the 180 days before admission

CREATE TEMP TABLE estimate AS
    SELECT e.id, p.n AS patient, e.specialty::specialty_code AS specialty, e.referred, e.expected_cost
    FROM read_parquet('$estimate') AS e JOIN patient AS p ON p.id = e.patient;

CREATE TEMP TABLE estimated AS
    SELECT s.id, s.provider, s.billed, e.referred, e.expected_cost AS cost
    FROM spell AS s
    JOIN estimate AS e
        ON e.patient = s.patient AND e.specialty = s.specialty AND e.referred BETWEEN s.admitted - 180 AND s.admitted
    QUALIFY row_number() OVER (PARTITION BY s.rowid ORDER BY e.referred DESC, e.id DESC) = 1;

INSERT INTO scope SELECT 7, 'over_estimate', count(*) FROM estimated;

INSERT INTO finding
    SELECT 7, 'over_estimate', id, billed, cost, billed - cost,
        format('billed {}; the GP expected {} on {}', gbp(billed), gbp(cost), referred), round(0.1 * (billed - cost), 2), provider
    FROM estimated WHERE billed > cost + greatest(0.2 * cost, 100);

-- 8. readmission: the latest spell of the same patient and hospital that ended in the 30 days before

CREATE TEMP TABLE readmitted AS
    SELECT s.id, s.provider, s.billed, s.admitted, b.discharged AS left_on, b.id AS before
    FROM spell AS s
    JOIN spell AS b
        ON b.patient = s.patient AND b.provider = s.provider AND b.discharged BETWEEN s.admitted - 30 AND s.admitted
        AND (b.discharged < s.discharged OR b.discharged = s.discharged AND b.id < s.id)
    WHERE s.admission = 'non_elective'
    QUALIFY row_number() OVER (PARTITION BY s.rowid ORDER BY b.discharged DESC, b.id DESC) = 1;

INSERT INTO scope SELECT 8, 'readmission', count(*) FROM readmitted;

INSERT INTO finding
    SELECT 8, 'readmission', id, billed, 0, billed,
        format('discharged on {} after {}, admitted again on {}', left_on, before, admitted), NULL, provider
    FROM readmitted WHERE billed > 0;

-- 9. duplicate

CREATE TEMP TABLE twice AS
    WITH bills AS (
        SELECT patient, provider, hrg, admitted, min(id) AS first FROM spell
        WHERE patient IS NOT NULL GROUP BY ALL HAVING count(*) > 1
    )
    SELECT s.id, s.provider, s.billed, bills.first
    FROM spell AS s JOIN bills USING (patient, provider, hrg, admitted) WHERE s.id > bills.first;

INSERT INTO scope SELECT 9, 'duplicate', count(*) FROM twice;

INSERT INTO finding
    SELECT 9, 'duplicate', id, billed, 0, billed, 'billed already as ' || first, NULL, provider FROM twice WHERE billed > 0;

-- 10. overlap: in another hospital at the time

INSERT INTO scope SELECT 10, 'overlap', count(*) FROM spell;

-- A join and DISTINCT, not EXISTS: that takes twice as long beside an inequality.
INSERT INTO finding
    WITH lying AS (
        SELECT DISTINCT s.id, s.billed, s.admitted, s.provider
        FROM spell AS s
        JOIN spell AS o
            ON o.patient = s.patient AND o.provider <> s.provider AND o.admitted BETWEEN s.admitted - 60 AND s.admitted
            AND o.discharged > s.admitted
        WHERE o.discharged > o.admitted
    )
    SELECT 10, 'overlap', id, billed, NULL, billed, format('admitted on {} while in another hospital', admitted), NULL, provider
    FROM lying;

-- 11. coherence of age, sex and method with the HRG and the kind of admission

INSERT INTO scope SELECT 11, 'coherence', count(*) FROM spell;

INSERT INTO not_assessable
    SELECT 11, 'coherence', id,
        CASE WHEN patient IS NULL THEN 'the patient is not known' ELSE 'no price for ' || hrg || ' on ' || discharged END
    FROM priced WHERE patient IS NULL OR NOT has_line;

INSERT INTO finding
    SELECT 11, 'coherence', id, billed, NULL, billed,
        format('{} and method {} for a patient of {}, {}', hrg, method, age(born, admitted), sex), NULL, provider
    FROM priced
    WHERE patient IS NOT NULL AND has_line AND (
        age(born, admitted) < least_age OR age(born, admitted) > greatest_age OR sex <> line_sex
        OR (admission = 'non_elective') <> (method IN ('21', '22', '23', '24', '25', '28', '2A', '2B')));

-- 12. dates

INSERT INTO scope SELECT 12, 'dates', count(*) FROM spell;

INSERT INTO finding
    SELECT 12, 'dates', id, billed, NULL, billed, format('admitted on {}, discharged on {}', admitted, discharged), NULL, provider
    FROM spell WHERE discharged < admitted;

-- one challenge for each claim

CREATE TEMP TABLE challenged AS
    SELECT key, arg_min("check", (-overcharge,
        list_position(['dates', 'duplicate', 'overlap', 'coherence', 'readmission', 'day_case_for_outpatient', 'day_case_price',
            'elective_price', 'non_elective_price', 'short_stay', 'long_stay_days', 'over_estimate'], "check"))) AS "check"
    FROM finding WHERE overcharge > 0 GROUP BY key;

COPY (
    SELECT 'workload' AS ruleset, f."check", 'spell' AS record, f.key, f.billed, f.expected, f.overcharge, f.reason, f.penalty,
        f.respondent, coalesce(c."check" = f."check", false) AS challenged,
        CASE WHEN f.overcharge > 0 AND c."check" <> f."check" THEN c."check" ELSE '' END AS challenged_as
    FROM finding AS f LEFT JOIN challenged AS c USING (key) ORDER BY f.rank, f.key
) TO '$out/findings.parquet' (COMPRESSION zstd);

-- the savings scheme

CREATE TEMP TABLE due AS
    WITH cost AS (SELECT patient, least(sum(billed), 20000) AS capped FROM spell GROUP BY patient),
    spent AS (SELECT p.practice, sum(cost.capped) AS spend FROM cost JOIN patient AS p ON p.n = cost.patient GROUP BY p.practice)
    SELECT g.code, round(0.5 * greatest(0, g.budget - coalesce(spent.spend, 0)), 2) AS half, 40 * g.list_size AS most,
        CASE WHEN g.prescribed_items <> 0 THEN g.generic_items >= 0.7 * g.prescribed_items END AS generics,
        CASE WHEN g.first_attendances <> 0 THEN g.follow_ups < 2 * g.first_attendances END AS few_follow_ups,
        generics OR few_follow_ups AS passed
    FROM read_parquet('$practice') AS g LEFT JOIN spent ON spent.practice = g.code;

COPY (
    SELECT 'workload' AS ruleset, 'savings' AS scheme, 'financial' AS payment, 'practice' AS record, code AS key, code AS payee,
        CASE WHEN passed THEN least(half, most) ELSE 0 END::DECIMAL(18, 2) AS amount, 'payment' AS kind,
        'agreed investment in the practice' AS spent_on,
        CASE WHEN NOT passed THEN 'neither marker is met'
            WHEN half = 0 THEN 'nothing was saved'
            WHEN half > most THEN format('{} cut to {}', gbp(half), gbp(most))
            ELSE '' END AS reason
    FROM due WHERE passed IS NOT NULL ORDER BY code
) TO '$out/payments.parquet' (COMPRESSION zstd);

INSERT INTO not_assessable SELECT 0, 'savings.financial', code, 'a marker divides by zero' FROM due WHERE passed IS NULL;

COPY (
    SELECT 'workload' AS ruleset, rule, CASE rank WHEN 0 THEN 'practice' ELSE 'spell' END AS record, key, reason
    FROM not_assessable ORDER BY rank, key
) TO '$out/not_assessable.parquet' (COMPRESSION zstd);

COPY (
    WITH failed AS (SELECT rule, count(*) AS n FROM not_assessable GROUP BY rule), whole AS (SELECT count(*) AS n FROM spell),
    rules AS (
        SELECT rank, rule, 'check' AS kind, 'spell' AS record, whole.n AS read, in_scope FROM scope, whole
        UNION ALL SELECT 0, 'savings.financial', 'payment', 'practice', count(*), count(*) FROM due
    )
    SELECT 'workload' AS ruleset, rules.rule, kind, record, read, in_scope - coalesce(failed.n, 0) AS assessed,
        coalesce(failed.n, 0) AS not_assessable, read - in_scope AS out_of_scope
    FROM rules LEFT JOIN failed ON failed.rule = rules.rule ORDER BY rules.rank
) TO '$out/counts.parquet' (COMPRESSION zstd);
