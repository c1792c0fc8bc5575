/** @jsxImportSource preact */
import { asProblem, type Problem } from "@qunying/api/problem";
import { useId, useState } from "preact/hooks";
import { type Language, texts } from "./words.ts";

interface Props {
  label: string;
  send: string;
  language: Language;
  onSend: (text: string) => Promise<void>;
}

/** A few words of the member's, sent once. What was written stays where sending fails. */
export function TextForm({ label, send, language, onSend }: Props) {
  const t = texts[language];
  const id = useId();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Problem>();
  const submit = async () => {
    setBusy(true);
    setTrouble(undefined);
    try {
      await onSend(text.trim());
    } catch (thrown) {
      setTrouble(asProblem(thrown));
    }
    setBusy(false);
  };
  return (
    <div class="form">
      <label for={id}>{label}</label>
      <textarea id={id} rows={4} maxLength={500} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      <button type="button" disabled={busy || !text.trim()} onClick={() => void submit()}>
        {send}
      </button>
      {trouble ? (
        <p class="bad" role="alert">
          {trouble.code === "offline" ? `${t.offline}。${t.offlineMore}` : t.failed}
          {trouble.code === "offline" ? "" : ` ${trouble.hint}`}
        </p>
      ) : null}
    </div>
  );
}
