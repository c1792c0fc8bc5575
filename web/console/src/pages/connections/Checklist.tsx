import { Button, Checkbox } from "antd";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Panel } from "../../ui/Panel.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";

interface Props {
  words: DriverWords;
  /** The address that the platform will call, where it calls one. */
  hook: string | undefined;
  /** Fields that belong to the list: files that the platform gives out while one works through it. */
  files: React.ReactNode;
  ticked: number[];
  onTick: (ticked: number[]) => void;
  onBack: () => void;
  onNext: () => void;
}

/** What has to be prepared on the platform, maybe by somebody else and over days. */
export function Checklist({ words, hook, files, ticked, onTick, onBack, onNext }: Props) {
  const { t } = useWords();
  const all = words.checklist.length;
  // As it is handed to whoever looks after the platform.
  const text = [
    t("connect.prepareOf", { title: words.title }),
    ...words.checklist.map((line, i) => `${ticked.includes(i) ? "☑" : "☐"} ${line}`),
    ...(hook ? [`${t("connect.hookWillBe")} ${hook}`] : []),
  ].join("\n");
  const done = words.checklist.filter((_, i) => ticked.includes(i)).length;
  return (
    <Panel title={t("connect.prepare")} note={t("connect.prepareNote")}>
      <ol className={style.checklist}>
        {words.checklist.map((line, i) => (
          <li key={line}>
            <Checkbox
              checked={ticked.includes(i)}
              onChange={(e) => onTick(e.target.checked ? [...ticked, i] : ticked.filter((x) => x !== i))}
            >
              {line}
            </Checkbox>
          </li>
        ))}
      </ol>
      {files}
      {hook ? (
        <p className={style.help}>
          {t("connect.hookWillBe")} <code className={style.hook}>{hook}</code>
        </p>
      ) : null}
      <div className={style.links}>
        <Button onClick={onBack}>{t("connect.back")}</Button>
        <Button type="primary" onClick={onNext}>
          {t(done === all ? "connect.next" : "connect.nextAnyway")}
        </Button>
        <CopyButton text={text} label={t("connect.copyList")} />
        <span className={style.faint}>{t("connect.ticked", { n: done, of: all })}</span>
      </div>
    </Panel>
  );
}
