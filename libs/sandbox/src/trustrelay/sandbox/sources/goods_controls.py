"""An invented list of goods controls (`/lists/goods-controls.csv`), the same for every cast.

`code_prefix` is the beginning of a commodity code; `country` is where the goods go (export, transit) or come from (import), empty for every country;
`to` is empty while an entry is in force.
"""

import csv
import io

from trustrelay.sandbox.world import World

COLUMNS = ("list", "code_prefix", "direction", "country", "from", "to", "act")
DUAL_USE, QUOTA, EMBARGO = "Specimen Regulation 9021/821, Annex I", "Specimen Regulation 9018/640", "Specimen Decision 9022/14"
ROWS = (
    ("dual_use", "9026", "export", "", "2021-09-09", "", DUAL_USE),
    ("dual_use", "902620", "transit", "GE", "2021-09-09", "", DUAL_USE),
    ("dual_use", "902781", "transit", "GE", "2021-09-09", "", DUAL_USE),
    ("dual_use", "85044083", "transit", "GE", "2023-02-25", "", DUAL_USE),
    ("dual_use", "850440", "export", "", "2021-09-09", "", DUAL_USE),
    # Out of force: must not hold anything up any more.
    ("import_quota", "6911", "import", "CH", "2018-05-01", "2021-04-30", QUOTA),
    ("import_quota", "7323", "import", "", "2018-05-01", "2021-04-30", QUOTA),
    # In force, for another country or direction than the shipments of the cast.
    ("embargo", "94", "export", "BY", "2022-03-02", "", EMBARGO),
    ("embargo", "6302", "transit", "BY", "2022-03-02", "", EMBARGO),
)


def goods_controls_csv(_: World) -> bytes:
    """The list with its header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(ROWS)
    return out.getvalue().encode()
