"""What Slack allows: times in seconds, sizes in characters or pieces. Every refusal cites this file."""

from typing import Final

ACK_SECONDS: Final = 3.0
TRIGGER_SECONDS: Final = 3.0
RESPONSE_URL_SECONDS: Final = 30 * 60
RESPONSE_URL_USES: Final = 5
EVENT_RETRY_SECONDS: Final = (0.0, 60.0, 300.0)

POST_BURST: Final = 5
POST_PER_SECOND: Final = 1.0

MESSAGE_TEXT: Final = 40_000
MESSAGE_BLOCKS: Final = 50
# Undocumented: chat.postMessage answers msg_blocks_too_long at about this many characters of JSON.
MESSAGE_BLOCKS_JSON: Final = 13_200
MARKDOWN_TEXT: Final = 12_000
VIEW_BLOCKS: Final = 100
VIEW_BYTES: Final = 250_000
VIEW_STACK: Final = 3
VIEW_TITLE: Final = 24
PRIVATE_METADATA: Final = 3_000
METADATA_BYTES: Final = 8_000

IDENTIFIER: Final = 255
TEXT_OBJECT: Final = 3_000
HEADER_TEXT: Final = 150
SECTION_FIELDS: Final = 10
FIELD_TEXT: Final = 2_000
ACTIONS_ELEMENTS: Final = 25
CONTEXT_ELEMENTS: Final = 10
OVERFLOW_OPTIONS: Final = 5
SELECT_OPTIONS: Final = 100
OPTION_GROUPS: Final = 100
CHOICE_OPTIONS: Final = 10
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
URL: Final = 3_000
ALT_TEXT: Final = 2_000
LABEL_TEXT: Final = 2_000
PLACEHOLDER_TEXT: Final = 150
INPUT_LENGTH: Final = 3_000
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20
UPLOAD_BYTES: Final = 1_000_000_000
