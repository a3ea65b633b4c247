import { act } from "preact/test-utils";
import { beforeEach, expect, it, vi } from "vitest";
import { changePassword } from "../../actions/signIn";
import { ApiError } from "../../api/client";
import { notices } from "../../state/notices";
import { buttonOf, mounted, type } from "../mounted";
import { PasswordDialog } from "./PasswordDialog";

vi.mock("../../actions/signIn", () => ({ changePassword: vi.fn() }));
const asked = vi.mocked(changePassword);
const onClose = vi.fn();

function dialog() {
  const root = mounted(<PasswordDialog username="ana" onClose={onClose} />);
  const [current, wanted] = root.querySelectorAll<HTMLInputElement>("input[type=password]");
  const form = root.querySelector("form");
  if (!current || !wanted || !form) throw new Error("A field is missing.");
  const submit = () =>
    act(async () => {
      form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    });
  return { root, current, wanted, submit };
}

beforeEach(() => {
  asked.mockReset();
  onClose.mockReset();
});

it("asks for both passwords, the new one long enough", () => {
  const { root, current, wanted } = dialog();
  const button = () => buttonOf(root, "Change password");
  type(wanted, "herons over the lagoon");
  expect(button().disabled).toBe(true);
  type(current, "old");
  expect(button().disabled).toBe(false);
  type(wanted, "heron");
  expect(button().disabled).toBe(true);
});

it("closes once the server has changed it", async () => {
  asked.mockResolvedValue();
  const { current, wanted, submit } = dialog();
  type(current, "old password");
  type(wanted, "herons over the lagoon");
  await submit();
  expect(asked).toHaveBeenCalledWith("old password", "herons over the lagoon");
  expect(onClose).toHaveBeenCalled();
  expect(notices.value.at(-1)?.sentence).toContain("Password changed");
});

it("stays, with what was typed, where the server refuses", async () => {
  asked.mockRejectedValue(new ApiError(422, "bad_input", "That is not your current password."));
  const { root, current, wanted, submit } = dialog();
  type(current, "wrong");
  type(wanted, "herons over the lagoon");
  await submit();
  expect(root.textContent).toContain("That is not your current password.");
  expect(wanted.value).toBe("herons over the lagoon");
  expect(onClose).not.toHaveBeenCalled();
});
