"""A new password: the page that changed it works on, the same person's other browsers do not."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.mapper import SLOW_MS, Mapper, signed_in

OLD, NEW = "a-long-enough-password", "herons over the lagoon"


def at_work(page: Page) -> Mapper:
    """The demo project, open."""
    page.get_by_role("link", name="Demo preserve", exact=True).click()
    mapper = Mapper(page)
    mapper.wait_for_map()
    return mapper


@pytest.mark.browser
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_password_is_changed_at_work_and_other_browsers_are_signed_out(running, browser):
    running.manage("create_user", "pia", "--password-stdin", said=OLD)
    member = ("--project", "Demo preserve", "--user", "pia", "--role", "annotator")
    running.manage("add_member", *member)
    here, elsewhere = (signed_in(browser, running, "pia", OLD) for _ in range(2))
    mapper, _ = at_work(here), at_work(elsewhere)
    mapper.click(20, 20)

    here.get_by_role("button", name="Account of pia").click()
    here.get_by_text("Change password…").click()
    here.get_by_label("Current password").fill("not this one")
    here.get_by_label("New password").fill(NEW)
    here.get_by_role("button", name="Change password").click()
    expect(here.get_by_text("That is not your current password.")).to_be_visible()
    here.get_by_label("Current password").fill(OLD)
    here.get_by_role("button", name="Change password").click()
    expect(here.get_by_text("Password changed.").first).to_be_visible()

    signed_out = elsewhere.get_by_role("dialog", name="You were signed out")
    expect(signed_out).to_be_visible(timeout=SLOW_MS)
    mapper.click(60, 40)
    mapper.wait_for_clicks("2 clicks (2+ 0")
    expect(here.get_by_text("You were signed out")).not_to_be_visible()
    elsewhere.get_by_label("User name").fill("pia")
    elsewhere.get_by_label("Password").fill(NEW)
    elsewhere.get_by_role("button", name="Sign in").click()
    expect(signed_out).not_to_be_visible(timeout=SLOW_MS)
