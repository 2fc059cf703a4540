"""files.*: the two-step upload, and what is known of a file."""

import mimetypes
from collections.abc import Mapping
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as email_policy
from urllib.parse import quote

from localslack import limits
from localslack.api.call import Call, Method
from localslack.blocks_check import FileKnown, check_message
from localslack.errors import ApiError
from localslack.modals import new_id
from localslack.team import BOT_USER_ID, Json
from localslack.workspace import Workspace


def new_file(workspace: Workspace, name: str, user: str, alt: str = "") -> Json:
    """A file object that waits for its bytes."""
    id = new_id("F")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    url = f"{workspace.base_url}/files/{id}/{quote(name)}"
    return {
        "id": id,
        "created": int(workspace.clock.seconds()),
        "name": name,
        "title": name,
        "mimetype": kind,
        "filetype": name.rsplit(".", 1)[-1].lower() if "." in name else "text",
        "user": user,
        "mode": "hosted",
        "size": 0,
        "alt_txt": alt,
        "is_public": True,
        "url_private": url,
        "url_private_download": url + "?download=1",
        "permalink": url,
        "shares": {},
        "state": "waiting",
    }


def shown_file(workspace: Workspace, file: Json) -> Json:
    """The file object for the bot: while the file is being processed its type is still unknown."""
    shown = {key: value for key, value in file.items() if key not in ("state", "ready_at")}
    if not _ready(workspace, file):
        shown |= {"mimetype": "", "filetype": ""}
    return shown


def _ready(workspace: Workspace, file: Json) -> bool:
    return file["state"] == "done" and workspace.tickets.seconds() >= float(file.get("ready_at", 0))


def file_known(workspace: Workspace) -> FileKnown:
    """The check of slack_file objects: only finished files of this workspace count."""

    def known(given: Json) -> bool:
        if given.get("id"):
            file = workspace.state.file(str(given["id"]))
        else:
            url = given.get("url")
            file = workspace.state.find_file(lambda one: url in (one["url_private"], one["permalink"]))
        return file is not None and _ready(workspace, file)

    return known


def keep_bytes(workspace: Workspace, file: Json, content: bytes) -> None:
    """Store the bytes of a file."""
    (workspace.state.files_folder / file["id"]).write_bytes(content)
    file |= {"size": len(content), "state": "uploaded"} | _png_size(content)
    workspace.state.put_file(file)


def _png_size(content: bytes) -> Json:
    """Width and height of a picture in PNG, with which the page keeps its place free while it is loaded."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return {}
    return {"original_w": int.from_bytes(content[16:20]), "original_h": int.from_bytes(content[20:24])}


def finish(workspace: Workspace, file: Json) -> None:
    """A file is complete; Slack needs a moment to process it before it can stand in an image block."""
    file |= {"state": "done", "ready_at": workspace.tickets.seconds() + workspace.file_processing_seconds}
    workspace.state.put_file(file)


def multipart_file(content_type: str, body: bytes) -> bytes:
    """The first part with a file name of a multipart/form-data body, or the whole body of another type."""
    if not content_type.startswith("multipart/form-data"):
        return body
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(EmailMessage, policy=email_policy).parsebytes(head + body)
    for part in message.iter_parts():
        if part.get_filename() is not None:
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else b""
    return b""


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal."""
    length = call.number("length", 0)
    if length <= 0 or length > limits.UPLOAD_BYTES:
        raise ApiError("invalid_arguments", ["[ERROR] length must be more than 0"])
    file = new_file(call.workspace, call.required("filename"), BOT_USER_ID, call.text("alt_txt"))
    file["expected"] = length
    call.workspace.state.put_file(file)
    return {"upload_url": f"{call.workspace.base_url}/upload/v1/{file['id']}", "file_id": file["id"]}


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal, with or without sharing in a channel or thread."""
    workspace = call.workspace
    listed = call.value("files")
    if not isinstance(listed, list) or not listed:
        raise ApiError("invalid_arguments", ["[ERROR] missing required field: files"])
    files = []
    for item in listed:
        file = workspace.state.file(item.get("id", ""))
        if file is None or file["state"] == "waiting":
            raise ApiError("file_not_found")
        file["title"] = item.get("title") or file["name"]
        files.append(file)
    channels = [id for id in (call.text("channel_id") or call.text("channels")).split(",") if id]
    blocks = call.value("blocks", "invalid_blocks")
    if blocks:
        check_message(blocks, file_known(workspace))
    for id in channels:
        channel = workspace.state.channel(id)
        if channel is None:
            raise ApiError("channel_not_found")
        if BOT_USER_ID not in channel["members"]:
            raise ApiError("not_in_channel")
    for file in files:
        finish(workspace, file)
    for id in channels:
        _share(call, id, files, blocks)
    return {"files": [shown_file(workspace, file) for file in files]}


def _share(call: Call, channel: str, files: list[Json], blocks: list[Json] | None) -> None:
    workspace = call.workspace
    thread_ts = call.text("thread_ts") or None
    message = workspace.write_new(
        channel,
        {
            "text": call.text("initial_comment"),
            "blocks": blocks,
            "files": [file | {"shares": {}} for file in files],
            "upload": True,
            "thread_ts": thread_ts,
        },
    )
    for file in files:
        file["shares"].setdefault("public", {}).setdefault(channel, []).append({"ts": message["ts"]})
        workspace.state.put_file(file)


def info(call: Call) -> Json:
    """files.info."""
    file = call.workspace.state.file(call.required("file"))
    if file is None or file["state"] == "waiting":
        raise ApiError("file_not_found")
    return {
        "file": shown_file(call.workspace, file),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


METHODS: Mapping[str, Method] = {
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": info,
}
