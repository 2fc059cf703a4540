"""What a person does in the page: typing, pressing, filling forms; every step can be kept as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.demo_process import Demo


@dataclass
class Desk:
    """A person in front of the page; pictures go to `shots` under the name of the test."""

    page: Page
    demo: Demo
    shots: Path
    name: str
    user: str = ""
    channel: str = ""
    taken: int = 0

    def open(self, user: str, channel: str) -> None:
        """Come to a channel as somebody."""
        self.user, self.channel = user, channel
        self.page.goto(f"{self.demo.url}/?as={user}#/{channel}")
        expect(self.page.get_by_test_id("composer")).to_be_visible()

    def type(self, text: str) -> None:
        """Type into the message box and press Enter."""
        box = self.page.get_by_test_id("composer")
        box.click()
        box.press_sequentially(text)
        box.press("Enter")

    def answer(self, text: str) -> Locator:
        """Type something; the message that only I see next."""
        before = self._private_messages()
        self.type(text)
        return self.private(before)

    def press(self, button: Locator) -> Locator:
        """Press a button; the message that only I see next."""
        before = self._private_messages()
        button.click()
        return self.private(before)

    def _private_messages(self) -> int:
        """How many messages there are that only I see; asked of the server, the page may still be loading."""
        return sum(bool(m.get("is_ephemeral")) for m in self.demo.seen(self.user, self.channel))

    def private(self, number: int) -> Locator:
        """The private message after the first `number`, waiting for it; pinned to its place in time."""
        message = self.page.locator("[data-ephemeral]").nth(number)
        expect(message).to_be_visible()
        return self.page.locator(f'[data-ts="{message.get_attribute("data-ts")}"]')

    def confirm(self, button: Locator) -> None:
        """Press a button that asks first, and mean it."""
        button.click()
        self.page.get_by_test_id("confirm-yes").click()

    @property
    def modal(self) -> Locator:
        """The form that is open."""
        return self.page.get_by_test_id("modal")

    def fill(self, **values: str) -> None:
        """Fill text fields of the open form by their block ids."""
        for block, value in values.items():
            field = self.modal.locator(f"[data-block-id={block}]").locator("input, textarea")
            field.fill(value)

    def choose(self, block: str, *names: str) -> None:
        """Choose people in a menu of the open form by typing the beginning of their names."""
        menu = self.modal.locator(f"[data-block-id={block}]")
        for name in names:
            menu.get_by_role("combobox").click()
            menu.get_by_role("combobox").fill(name)
            menu.get_by_role("option", name=name, exact=True).click()

    def submit(self) -> None:
        """Send the form, which closes it."""
        self.page.get_by_test_id("modal-submit").click()
        expect(self.modal).to_have_count(0)

    def loaded(self, picture: Locator) -> None:
        """A picture is really there and large enough to be read."""
        # It is fetched when it comes into sight, and has no size before.
        picture.evaluate("image => image.scrollIntoView({ block: 'center' })")
        self.page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
        size = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        assert min(size) >= 200, size

    def shot(self, name: str) -> None:
        """Keep a picture of the page."""
        self.taken += 1
        self.page.screenshot(path=self.shots / f"{self.name}-{self.taken:02d}-{name}.png")
