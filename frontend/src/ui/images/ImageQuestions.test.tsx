import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";
import type { Question } from "../../api/client";
import { buttonOf, mounted, type } from "../mounted";
import { ImageQuestions } from "./ImageQuestions";

const questions: readonly Question[] = [
  {
    kind: "band4",
    sentence: "What is band 4?",
    options: [
      { value: "nir", words: "Near infrared" },
      { value: "alpha", words: "Transparency" },
    ],
    accepts: "",
  },
  {
    kind: "crs",
    sentence: "Choose its coordinate system.",
    options: [{ value: "local", words: "A plain metre grid" }],
    accepts: "An EPSG code.",
  },
];

describe("the questions of an import", () => {
  it("are all answered before they are sent, by kind", () => {
    const onAnswer = vi.fn();
    const root = mounted(<ImageQuestions questions={questions} onAnswer={onAnswer} />);
    const text = root.querySelector<HTMLInputElement>("input.input");
    const choice = root.querySelector<HTMLInputElement>("input[type=radio]");
    const form = root.querySelector("form");
    if (text === null || choice === null || form === null) throw new Error("A field is missing.");

    expect(buttonOf(root, "Go on").disabled).toBe(true);
    void act(() => choice.click());
    type(text, "EPSG:26910");
    expect(buttonOf(root, "Go on").disabled).toBe(false);
    void act(() => {
      form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    });
    expect(onAnswer).toHaveBeenCalledWith({ band4: "nir", crs: "EPSG:26910" });
  });

  it("do not take blanks for an answer", () => {
    const root = mounted(<ImageQuestions questions={questions.slice(1)} onAnswer={vi.fn()} />);
    const text = root.querySelector<HTMLInputElement>("input.input");
    if (text === null) throw new Error("The field is missing.");
    type(text, "   ");
    expect(buttonOf(root, "Go on").disabled).toBe(true);
  });

  it("offer a line of text only where one is accepted", () => {
    const root = mounted(<ImageQuestions questions={questions.slice(0, 1)} onAnswer={vi.fn()} />);
    expect(root.querySelector("input.input")).toBeNull();
  });

  it("let an answer be typed that begins like an option", () => {
    const bands: Question = {
      kind: "bands",
      sentence: "Which bands?",
      options: [{ value: "3,2,1", words: "Blue first" }],
      accepts: "Band numbers.",
    };
    const root = mounted(<ImageQuestions questions={[bands]} onAnswer={vi.fn()} />);
    const text = root.querySelector<HTMLInputElement>("input.input");
    const choice = root.querySelector<HTMLInputElement>("input[type=radio]");
    if (text === null || choice === null) throw new Error("A field is missing.");
    type(text, "3,2,1");
    expect(text.value).toBe("3,2,1");
    expect(choice.checked).toBe(false);
  });

  it("give up the typed answer for a chosen one", () => {
    const root = mounted(<ImageQuestions questions={questions.slice(1)} onAnswer={vi.fn()} />);
    const text = root.querySelector<HTMLInputElement>("input.input");
    const choice = root.querySelector<HTMLInputElement>("input[type=radio]");
    if (text === null || choice === null) throw new Error("A field is missing.");
    type(text, "EPSG:26910");
    void act(() => choice.click());
    expect(text.value).toBe("");
  });
});
