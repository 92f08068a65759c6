"""Tables with categories and numbers, from public packages, for bench/recipes.py.

Each entry: package, item, column to predict, columns to drop (ids, and columns that give the answer away).
The recipe was chosen on CHOOSE only. JUDGE was looked at once.
"""

CLASSES, NUMBERS = "classes", "numbers"

CHOOSE = [
    (CLASSES, "carData", "Chile", "vote", []),
    (CLASSES, "modeldata", "attrition", "Attrition", []),
    (CLASSES, "AER", "HMDA", "deny", []),
    (CLASSES, "modeldata", "hpc_data", "class", []),
    (CLASSES, "ISLR", "OJ", "Purchase", []),
    (NUMBERS, "Ecdat", "Computers", "price", []),
    (NUMBERS, "mosaicData", "SaratogaHouses", "price", []),
    (NUMBERS, "ISLR", "Wage", "wage", ["logwage", "region"]),
    (NUMBERS, "modeldata", "Sacramento", "price", []),
    (NUMBERS, "AER", "CPS1985", "wage", []),
]

JUDGE = [
    (CLASSES, "modeldata", "credit_data", "Status", []),
    (CLASSES, "modeldata", "mlc_churn", "churn", []),
    (CLASSES, "modeldata", "wa_churn", "churn", []),
    (CLASSES, "modeldata", "lending_club", "Class", []),
    (CLASSES, "modeldata", "stackoverflow", "Remote", []),
    (CLASSES, "carData", "Arrests", "released", []),
    (CLASSES, "carData", "BEPS", "vote", []),
    (CLASSES, "carData", "CES11", "abortion", ["id", "weight"]),
    (CLASSES, "Ecdat", "Benefits", "ui", []),
    (CLASSES, "vcdExtra", "Titanicp", "survived", []),
    (NUMBERS, "modeldata", "ames", "Sale_Price", []),
    (NUMBERS, "modeldata", "deliveries", "time_to_delivery", []),
    (NUMBERS, "AER", "CollegeDistance", "score", []),
    (NUMBERS, "Ecdat", "Wages", "lwage", []),
    (NUMBERS, "Ecdat", "Schooling", "lwage76", ["wage76"]),
    (NUMBERS, "ISLR", "College", "Outstate", []),
    (NUMBERS, "ISLR", "Carseats", "Sales", []),
    (NUMBERS, "ggplot2", "txhousing", "median", []),
    (NUMBERS, "dslabs", "gapminder", "life_expectancy", []),
    (NUMBERS, "HSAUR", "Forbes2000", "marketvalue", ["rank", "name"]),
    (NUMBERS, "ggplot2", "diamonds", "price", []),
]

GROUPS = {"choose": CHOOSE, "judge": JUDGE}
"""Larger tables are sampled down to this number of rows."""
MOST_ROWS = 3_000
SPLITS = 5
TEST_SHARE = 0.2
"""Of each program whose settings are searched."""
TUNING_TRIALS = 20
