"""What the sample shop sells and where it advertises. Plain data, no behaviour."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["full", "trial", "bundle", "gift", "sample"]
Weights = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Product:
    """One product: price in whole yen without tax, tax in percent (food 8, other goods 10).

    `full` is the sku that a trial (お試し) leads to; `popularity` weighs it among free choices.
    """

    sku: str
    name: str
    price: int
    tax: int
    kind: Kind = "full"
    popularity: float = 1.0
    full: str | None = None


@dataclass(frozen=True)
class Ad:
    """One ad (広告コード), or `code=""` for the people who come without any.

    `{year}` in a code stands for the year of the spring campaign, `season` says which ads run only
    then. `weekly`: new persons a week in a shop of 40,000. `f2`: 90-day share of a second purchase.
    `cpa`: yen spent per new person. `subscribes`: share of full-size first orders that are
    subscriptions. `yen_per_thousand`: cost of a thousand impressions.
    """

    code: str
    platform: str
    weekly: float
    f2: float
    cpa: int
    channels: Weights
    entries: Weights
    subscribes: float = 0.12
    season: Literal["always", "spring"] = "always"
    yen_per_thousand: int = 900
    click_share: float = 0.012


CHANNELS = ("web", "phone", "dm", "catalog", "fax", "postcard", "store", "mall")

PRODUCTS = (
    Product("product-x", "product-x しっとり美容液", 6800, 10, popularity=4.0),
    Product("BIY-001", "しっとり美容液 30ml", 5200, 10, popularity=2.0),
    Product("BIY-T07", "お試し美容液 7日分", 980, 10, "trial", 0.2, full="product-x"),
    Product("KSM-120", "高保湿化粧水 120ml", 4200, 10, popularity=2.5),
    Product("NYE-100", "うるおい乳液 100ml", 4400, 10, popularity=1.5),
    Product("CRM-040", "夜のクリーム 40g", 7200, 10, popularity=1.5),
    Product("CLN-150", "やさしいクレンジング 150g", 3200, 10, popularity=1.5),
    Product("SNK-100", "泡洗顔フォーム 100g", 2400, 10, popularity=1.2),
    Product("PCK-005", "集中ケアマスク 5枚", 3600, 10),
    Product("UVC-050", "日焼け止めミルク 50ml", 2900, 10, popularity=0.8),
    Product("SHP-400", "椿シャンプー 400ml", 3500, 10, popularity=0.8),
    Product("TRT-400", "椿トリートメント 400ml", 3500, 10, popularity=0.7),
    Product("HND-060", "ゆずハンドクリーム 60g", 1800, 10, popularity=0.8),
    Product("SKN-T14", "お試しスキンケア3点 14日分", 1980, 10, "trial", 0.1, full="SET-003"),
    Product("SET-003", "スキンケア3点セット", 13800, 10, "bundle", 1.2),
    Product("SET-X01", "*限定* <b>セット</b> & <!channel>", 6600, 10, "bundle", 0.6),
    Product("AGE-050", "エイジングケアクリーム 50g", 8600, 10, popularity=0.0),
    Product("AOJ-030", "青汁 30包", 4200, 8, popularity=2.0),
    Product("AOJ-090", "青汁 90包 まとめ買い", 11400, 8, "bundle", 0.6),
    Product("AOJ-T07", "お試し青汁 7包", 500, 8, "trial", 0.2, full="AOJ-030"),
    Product("COL-030", "コラーゲンドリンク 30本", 8800, 8, popularity=1.2),
    Product("COL-T05", "お試しコラーゲン 5本", 1200, 8, "trial", 0.1, full="COL-030"),
    Product("LAC-030", "乳酸菌サプリ 30包", 4300, 8, popularity=1.2),
    Product("LAC-T07", "お試し乳酸菌 7包", 600, 8, "trial", 0.1, full="LAC-030"),
    Product("KUR-090", "黒酢カプセル 90粒", 3800, 8, popularity=0.8),
    Product("GLU-180", "グルコサミン 180粒", 5400, 8, popularity=0.9),
    Product("DHA-120", "DHA・EPA 120粒", 5600, 8, popularity=0.9),
    Product("GFT-S01", "夏のごあいさつ 果実ゼリー詰合せ", 5000, 8, "gift", 0.0),
    Product("GFT-W01", "冬のごあいさつ 甘酒と生姜湯セット", 5500, 8, "gift", 0.0),
    Product("SMP-000", "美容液サンプル 無料", 0, 10, "sample", 0.0),
)

LAUNCHED = "AGE-050"
SUMMER_GIFT = "GFT-S01"
WINTER_GIFT = "GFT-W01"
SAMPLE = "SMP-000"
WHOLESALE = "AOJ-030"

FALLING_AD = "FB-SKIN-02"
"""The ad whose people stop coming back."""
FALLEN_F2 = 0.16
"""90-day F2 of those whom the falling ad brings after its fall."""
GIVEAWAY_AD = "CPN-GIVEAWAY"
"""The ad which is cheap and whose people never repeat (安いがリピートしない)."""

_WEB: Weights = (("web", 1.0),)
_PHONE: Weights = (("phone", 0.72), ("web", 0.2), ("fax", 0.08))
_PAPER: Weights = (("dm", 0.5), ("postcard", 0.2), ("phone", 0.15), ("fax", 0.1), ("web", 0.05))
_CATALOG: Weights = (("catalog", 0.65), ("phone", 0.2), ("fax", 0.1), ("postcard", 0.05))
_ANY: Weights = (("web", 0.45), ("mall", 0.25), ("store", 0.15), ("phone", 0.1), ("catalog", 0.05))

_SKIN: Weights = (
    ("product-x", 0.34),
    ("BIY-T07", 0.36),
    ("BIY-001", 0.08),
    ("SKN-T14", 0.10),
    ("SET-003", 0.04),
    ("KSM-120", 0.08),
)
_HEALTH: Weights = (
    ("AOJ-T07", 0.30),
    ("AOJ-030", 0.22),
    ("COL-T05", 0.14),
    ("COL-030", 0.08),
    ("LAC-T07", 0.10),
    ("LAC-030", 0.08),
    ("GLU-180", 0.08),
)
_BROAD: Weights = (
    ("product-x", 0.24),
    ("BIY-T07", 0.14),
    ("BIY-001", 0.08),
    ("KSM-120", 0.10),
    ("CRM-040", 0.06),
    ("SET-003", 0.06),
    ("SET-X01", 0.03),
    ("SHP-400", 0.05),
    ("AOJ-030", 0.10),
    ("COL-030", 0.05),
    ("DHA-120", 0.05),
    ("KUR-090", 0.04),
)
_PRIZE: Weights = (("AOJ-T07", 0.6), ("BIY-T07", 0.4))

ADS = (
    Ad("FB-SKIN-01", "meta", 21, 0.34, 9800, _WEB, _SKIN),
    Ad(FALLING_AD, "meta", 27, 0.32, 9600, _WEB, _SKIN),
    Ad("FB-AOJIRU", "meta", 16, 0.29, 11200, _WEB, _HEALTH),
    Ad("IG-STORY", "meta", 16, 0.3, 12200, _WEB, _SKIN),
    Ad("GGL-BRAND", "google", 24, 0.43, 8200, _WEB, _BROAD, 0.25, click_share=0.06, yen_per_thousand=4000),
    Ad("GGL-SKIN", "google", 17, 0.35, 10900, _WEB, _SKIN, click_share=0.04, yen_per_thousand=3500),
    Ad("GGL-HEALTH", "google", 16, 0.32, 11900, _WEB, _HEALTH, click_share=0.04, yen_per_thousand=3500),
    Ad("YHO-SEARCH", "yahoo", 16, 0.34, 10400, _WEB, _BROAD, click_share=0.03, yen_per_thousand=2500),
    Ad("LINE-01", "line", 16, 0.32, 9900, _WEB, _SKIN),
    Ad("LINE-02", "line", 21, 0.41, 8400, _WEB, _SKIN, 0.25),
    Ad("TV-SHOP", "tv", 17, 0.2, 18800, _PHONE, _HEALTH, 0.04, click_share=0.0, yen_per_thousand=1500),
    Ad("RADIO-AM", "radio", 6, 0.26, 15500, _PHONE, _HEALTH, click_share=0.0, yen_per_thousand=1200),
    Ad("INFL-MIKA", "influencer", 16, 0.24, 14800, _WEB, _SKIN),
    Ad("INFL-YUI", "influencer", 7, 0.27, 13200, _WEB, _SKIN),
    Ad("TIKTOK-01", "tiktok", 9, 0.22, 12600, _WEB, _SKIN),
    Ad("AFF-BEAUTY", "affiliate", 18, 0.28, 9300, _WEB, _SKIN),
    Ad("AFF-POINT", "affiliate", 9, 0.19, 8900, _WEB, _BROAD, 0.02),
    Ad("CATALOG-01", "catalog", 11, 0.38, 11000, _CATALOG, _BROAD, click_share=0.0, yen_per_thousand=90000),
    Ad("DM-{year}SP", "dm", 42, 0.35, 11000, _PAPER, _BROAD, 0.1, "spring", 120000, 0.0),
    Ad(GIVEAWAY_AD, "coupon", 30, 0.042, 1950, _WEB, _PRIZE, 0.0, yen_per_thousand=300),
    Ad("", "", 62, 0.36, 0, _ANY, _BROAD, 0.15),
)

ENTRY_PULL = {"full": 1.0, "trial": 0.95, "bundle": 1.15, "gift": 0.45, "sample": 1.0}
"""How much more or less often a kind of first product leads to a second purchase."""
PRODUCT_PULL = {"product-x": 1.1, "COL-030": 1.15, "SHP-400": 0.8, "AOJ-T07": 0.85}
CHANNEL_PULL = {"phone": 1.1, "catalog": 1.1, "dm": 1.05, "store": 0.9, "mall": 0.65}
SUBSCRIPTION_PULL = 1.9
