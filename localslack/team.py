"""The made-up company: さくら通販, its people and channels. Plain data with ids of Slack's shape."""

from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

TEAM_ID: Final = "T0BANTO01"
TEAM_NAME: Final = "さくら通販"
TEAM_DOMAIN: Final = "sakura-tsuhan"
PARTNER_TEAM_ID: Final = "T0AGENCY1"
APP_ID: Final = "A0BANTO01"
BOT_ID: Final = "B0BANTO01"
BOT_USER_ID: Final = "U0BANTO01"
BOT_NAME: Final = "番頭"


@dataclass(frozen=True)
class Person:
    """One member of the workspace, or of a partner's (Slack Connect) when team_id differs."""

    id: str
    name: str
    real_name: str
    role: str
    color: str
    team_id: str = TEAM_ID
    is_bot: bool = False

    @property
    def dm(self) -> str:
        """Id of the conversation between this person and the bot."""
        return "D" + self.id[1:]


PEOPLE: Final = (
    Person("U0OWNER01", "misaki.sakura", "佐倉 美咲", "代表", "#b5475d"),
    Person("U0PLAN001", "ken.takahashi", "高橋 健", "商品企画", "#2f7d6b"),
    Person("U0ADBUY01", "ren.tanaka", "田中 蓮", "広告運用", "#c77b21"),
    Person("U0CRM0001", "hina.suzuki", "鈴木 陽菜", "CRM", "#7a5aa6"),
    Person("U0CLERK01", "yu.watanabe", "渡辺 悠", "受注・事務", "#3d74a8"),
    Person("U0AGENT01", "sho.yamamoto", "山本 翔", "広告代理店(社外)", "#6b7280", PARTNER_TEAM_ID),
)
BOT: Final = Person(BOT_USER_ID, "banto", BOT_NAME, "アプリ", "#1d3557", is_bot=True)
EVERYONE: Final = {person.id: person for person in (*PEOPLE, BOT)}

_INSIDERS = tuple(person.id for person in PEOPLE if person.team_id == TEAM_ID)
_OUTSIDERS = tuple(person.id for person in PEOPLE if person.team_id != TEAM_ID)


def _channel(id: str, name: str, purpose: str, members: tuple[str, ...], *, shared: bool = False) -> Json:
    return {
        "id": id,
        "name": name,
        "is_channel": True,
        "is_im": False,
        "is_general": id == "C0GENERAL",
        "is_private": False,
        "is_ext_shared": shared,
        "purpose": purpose,
        "members": list(members),
    }


def seed_channels() -> list[Json]:
    """The conversations of a new workspace. The bot is not in #全社, so that not_in_channel can happen."""
    with_bot = (*_INSIDERS, BOT_USER_ID)
    channels = [
        _channel("C0GENERAL", "全社", "みんなへのお知らせ", _INSIDERS),
        _channel("C0PLAN001", "商品企画", "新商品のコンセプトと座談会", with_bot),
        _channel("C0ADS0001", "広告", "広告の実績(代理店と共有)", (*with_bot, *_OUTSIDERS), shared=True),
        _channel("C0CRM0001", "crm", "リピートと施策", with_bot),
        _channel("C0WEEKLY1", "番頭-週報", "毎週のPDCAのまとめ", with_bot),
    ]
    dms: list[Json] = [
        {
            "id": person.dm,
            "name": "",
            "is_channel": False,
            "is_im": True,
            "is_private": True,
            "is_ext_shared": False,
            "user": person.id,
            "members": [person.id, BOT_USER_ID],
        }
        for person in PEOPLE
        if person.team_id == TEAM_ID
    ]
    return channels + dms
