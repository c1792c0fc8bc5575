import { CheckCircleFilled, CloseCircleFilled } from "@ant-design/icons";
import type { Finding } from "@qunying/api/model";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";

/** What a test found: each check with its sentence, and what to do where it failed. */
export function Findings({ findings, words }: { findings: Finding[]; words: DriverWords }) {
  const { t } = useWords();
  return (
    <ul className={style.findings} aria-label={t("connect.findings")}>
      {findings.map((f, i) => (
        <li key={i} className={f.ok ? style.passed : style.failed}>
          {f.ok ? (
            <CheckCircleFilled role="img" aria-hidden="false" aria-label={t("connect.passed")} />
          ) : (
            <CloseCircleFilled role="img" aria-hidden="false" aria-label={t("connect.failed")} />
          )}
          <div>
            <p className={style.check}>{words.checks[f.check] ?? f.check}</p>
            {f.code && words.codes[f.code] ? <p className={style.remedy}>{words.codes[f.code]}</p> : null}
            {!f.ok && f.code && !words.codes[f.code] ? (
              <p className={style.remedy}>{t("connect.code", { code: f.code })}</p>
            ) : null}
            {f.detail ? <p className={style.detail}>{f.detail}</p> : null}
          </div>
        </li>
      ))}
    </ul>
  );
}
