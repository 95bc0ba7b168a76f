"""The numbers that couriers print on parcels: how they look, and which part of them carries a check digit.

Patterns are matched against the number in capitals without spaces. The group ``checked`` is what the check digit
guards, with the digit at its end; a pattern without it has none, so that only its form can be judged. Not only ours
to decide: couriers change their ranges, and a number may belong to more than one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fulfilment.carriers.domain import check_digits as digits
from fulfilment.carriers.domain.check_digits import Check

_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
).replace(" ", "|")
_USPS_ROUTE = r"(?:420[0-9]{5}(?:[0-9]{4}(?=[0-9]{22}$))?)?"
_USPS_MAILER = r"(?:9[0-9]{8}(?:[0-9]{11}|[0-9]{7})|[0-8][0-9]{5}(?:[0-9]{14}|[0-9]{10}))[0-9]"


@dataclass(frozen=True, slots=True)
class Rule:
    """One form of number of one courier. ``name`` is unique; ``always`` is put before what is checked."""

    courier: str
    name: str
    pattern: re.Pattern[str]
    check: Check | None = None
    always: str = ""

    def fits(self, number: str) -> bool:
        """Whether a tidy number has this form."""
        return self.pattern.fullmatch(number) is not None

    def holds(self, number: str) -> bool:
        """Whether a tidy number has this form and, if the form has one, the right check digit."""
        found = self.pattern.fullmatch(number)
        if found is None or self.check is None:
            return found is not None
        return self.check(self.always + found["checked"])


def _rule(courier: str, name: str, pattern: str, check: Check | None = None, always: str = "") -> Rule:
    return Rule(courier, name, re.compile(pattern), check, always)


RULES: tuple[Rule, ...] = (
    _rule("UPS", "UPS 1Z", r"1Z(?P<checked>[0-9A-Z]{15}[0-9])", digits.doubling),
    _rule("UPS", "UPS waybill", r"[AHJKTV](?P<checked>[0-9]{10})", digits.doubling),
    _rule("FedEx", "FedEx Express 12", r"(?P<checked>[0-9]{12})", digits.fedex_express),
    _rule("FedEx", "FedEx Express 34", r"[0-8][0-9]{19}(?P<checked>[0-9]{14})", digits.fedex_long),
    _rule("FedEx", "FedEx ASTRA 32", r"3[0-9]{15}(?P<checked>[0-9]{12})[0-9]{4}", digits.fedex_express),
    _rule("FedEx", "FedEx Ground 15", r"(?P<checked>[0-9]{15})", digits.gs1),
    _rule("FedEx", "FedEx Ground SSCC-18", r"(?P<checked>[0-9]{18})", digits.gs1),
    _rule("FedEx", "FedEx Ground 96", r"96[0-9]{5}(?P<checked>[0-9]{15})", digits.gs1),
    _rule("FedEx", "FedEx Ground GSN 34", r"96[0-9]{18}(?P<checked>[0-9]{14})", digits.fedex_long),
    _rule("USPS", "USPS 20", r"(?P<checked>[0-9]{20})", digits.gs1),
    _rule("USPS", "USPS 91", rf"{_USPS_ROUTE}(?:91)?(?P<checked>[0-9]{{20}})", digits.gs1, always="91"),
    _rule(
        "USPS", "USPS IMpb 94", rf"{_USPS_ROUTE}(?P<checked>94[0-9]{{3}}(?:{_USPS_MAILER}|9[0-9]{{24}}))", digits.gs1
    ),
    _rule(
        "USPS", "USPS IMpb 92, 93, 95",
        rf"{_USPS_ROUTE}(?P<checked>(?:92[0-9]{{3}}(?=9)|93[0-9]{{3}}(?=[0-8])|95[0-9]{{3}}){_USPS_MAILER})",
        digits.gs1,
    ),
    _rule("Post (UPU S10)", "S10", rf"[A-Z]{{2}}(?P<checked>[0-9]{{9}})(?:{_COUNTRIES})", digits.s10),
    _rule("Canada Post", "Canada Post 16", r"(?P<checked>[0-9]{16})", digits.gs1),
    _rule("Purolator", "Purolator 12", r"(?P<checked>[0-5][0-9]{11})", digits.luhn),
    _rule("Purolator", "Purolator letters", r"[A-Z]{3}[0-9]{9}"),
    _rule("Canpar", "Canpar 22", r"[CDKLSUXZ][0-9]{21}"),
    _rule("DHL", "DHL Express", r"(?P<checked>[0-9]{10,11})", digits.mod_7),
    _rule("DHL", "DHL Express piece", r"J[A-Z]{2,3}[0-9]{9,10}"),
    _rule("DHL", "DHL eCommerce", r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)[0-9][0-9A-Z]{9,38}"),
    _rule("DHL", "DHL eCommerce 14", r"[0-9]{14}"),
    _rule("DPD", "DPD 28", r"(?P<checked>[0-9]{27}[0-9A-Z])", digits.mod_37_36),
    _rule("DPD", "DPD 14", r"(?P<checked>[0-9]{14}[0-9A-Z])", digits.mod_37_36),
    _rule("Amazon", "Amazon Logistics", r"TB[ACM][0-9]{12}"),
    _rule("Amazon", "Amazon International", r"[AFC][0-9]{10}"),
    _rule("OnTrac", "OnTrac C", r"(?P<checked>C[0-9]{14})", digits.doubling),
    _rule("OnTrac", "OnTrac D", r"(?P<checked>D[0-9]{14})", digits.doubling),
    _rule("LaserShip", "LaserShip L", r"L[AIEHNX][1-3][0-9]{7}"),
    _rule("LaserShip", "LaserShip 1LS7 15", r"1LS7[12][0-9]{10}"),
    _rule("LaserShip", "LaserShip 1LS7 18", r"1LS7[12][0-9]{2}01[1-4][0-9]{6}-1"),
    _rule("LaserShip", "LaserShip 1LSCX", r"1LSCX[0-9A-Z]{10}"),
    _rule("Old Dominion", "Old Dominion", r"(?P<checked>(?:77[78]|072|780)[0-9]{8})", digits.luhn),
    _rule("Old Dominion", "Old Dominion guaranteed", r"(?P<checked>80[0-9]{9})", digits.luhn),
    _rule("Spee-Dee", "Spee-Dee 20", r"SP[0-9]{18}"),
    _rule("Landmark Global", "Landmark LTN", r"LTN[0-9]{8}N1"),
    _rule("GOFO Express", "GOFO US", r"GFUS[0-9]{14}"),
    _rule("Yodel", "Yodel JD", r"JJ?D[0-9]{16}"),
    _rule("YunExpress", "YunExpress YT", r"YT[0-9]{16}"),
)  # fmt: skip
