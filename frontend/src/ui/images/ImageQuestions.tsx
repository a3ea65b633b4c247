import { useId, useState } from "preact/hooks";
import type { Question } from "../../api/client";
import { Button } from "../controls/Button";

interface Props {
  readonly questions: readonly Question[];
  readonly onAnswer: (answers: Readonly<Record<string, string>>) => void;
}

/** What the import cannot decide by itself: options as radio buttons, or a line of text. */
export function ImageQuestions({ questions, onAnswer }: Props) {
  const [answers, setAnswers] = useState<Readonly<Record<string, string>>>({});
  const answered = questions.every(({ kind }) => (answers[kind] ?? "").trim() !== "");
  return (
    <form
      class="answers"
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer(answers);
      }}
    >
      {questions.map((question) => (
        <OneQuestion
          key={question.kind}
          question={question}
          value={answers[question.kind] ?? ""}
          onValue={(value) => setAnswers({ ...answers, [question.kind]: value })}
        />
      ))}
      <Button look="primary" submit disabled={!answered}>
        Go on
      </Button>
    </form>
  );
}

interface OneProps {
  readonly question: Question;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** Options as radio buttons; where something else is accepted, a line of text, also beside them. */
function OneQuestion({ question, value, onValue }: OneProps) {
  const id = useId();
  const { sentence, options, accepts } = question;
  // Kept apart from the answer: "3,2,1" may be an option's value on the way to "3,2,1,4".
  const [typed, setTyped] = useState("");
  return (
    <fieldset>
      <legend>{sentence}</legend>
      {options.map((option) => (
        <label key={option.value} class="check">
          <input
            type="radio"
            name={id}
            checked={typed === "" && option.value === value}
            onChange={() => {
              setTyped("");
              onValue(option.value);
            }}
          />
          {option.words}
        </label>
      ))}
      {(accepts !== "" || options.length === 0) && (
        <input
          class="input"
          autocomplete="off"
          spellcheck={false}
          aria-label={options.length === 0 ? "Answer" : "Another answer"}
          aria-describedby={accepts === "" ? undefined : `${id}-accepts`}
          placeholder={options.length === 0 ? undefined : "Or type another"}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            onValue(event.currentTarget.value);
          }}
        />
      )}
      {accepts !== "" && (
        <p id={`${id}-accepts`} class="field-note">
          {accepts}
        </p>
      )}
    </fieldset>
  );
}
