/** @jsxImportSource preact */
import type { PersonalCase } from "@qunying/api/model";
import { TextForm } from "./TextForm.tsx";
import { fill, type Language, moment, texts } from "./words.ts";

interface Props {
  is: PersonalCase;
  zone: string;
  language: Language;
  onAppeal: (text: string) => Promise<void>;
}

/** A receipt in short form: what was said, which rule, what was done, and the appeal. */
export function CaseCard({ is, zone, language, onAppeal }: Props) {
  const t = texts[language];
  const when = (ms: number) => moment(ms, language, zone);
  return (
    <>
      <section>
        <h2>{t.caseTitle[is.about]}</h2>
        <p class="quiet">{when(is.at)}</p>
        {is.about === "blocklist" ? (
          <p>{t.listed}</p>
        ) : (
          <>
            <h3>{is.about === "name" ? t.called : t.said}</h3>
            <blockquote>{is.said.map((p, i) => (p.hit ? <mark key={i}>{p.text}</mark> : p.text))}</blockquote>
            <h3>{t.rule}</h3>
            <p>
              {is.rule}
              <br />
              <span class="quiet">
                {is.waits ? t.waits : is.strike > 0 ? fill(t.strike, { n: is.strike, days: is.days }) : t.noStrike}
              </span>
            </p>
          </>
        )}
        {is.happened.length > 0 ? (
          <>
            <h3>{t.happened}</h3>
            <ul>
              {is.happened.map((a, i) => (
                <li key={i}>{fill(t.act[a.do], { until: a.until ? when(a.until) : "", n: a.points ?? 0 })}</li>
              ))}
            </ul>
          </>
        ) : null}
        {is.taken_back ? (
          <p class="good" role="status">
            <strong>{t.takenBack}</strong>
            <br />
            {t.takenBackMore}
          </p>
        ) : null}
      </section>
      <Appeal is={is} when={when} language={language} onAppeal={onAppeal} />
    </>
  );
}

interface AppealProps {
  is: PersonalCase;
  when: (ms: number) => string;
  language: Language;
  onAppeal: (text: string) => Promise<void>;
}

function Appeal({ is, when, language, onAppeal }: AppealProps) {
  const t = texts[language];
  const a = is.appeal;
  switch (a.state) {
    case "possible":
      return (
        <section>
          <h2>{t.appealTitle}</h2>
          <p class="quiet">{fill(t.appealMore, { until: when(a.until ?? 0) })}</p>
          <TextForm label={t.appealText} send={t.appealSend} language={language} onSend={onAppeal} />
        </section>
      );
    case "open":
      return (
        <section role="status">
          <h2>{t.appealOpen}</h2>
          <p>{fill(t.appealOpenMore, { due: when(a.due_at ?? 0) })}</p>
        </section>
      );
    case "granted":
      return (
        <section>
          <h2 class="good">{t.appealGranted}</h2>
        </section>
      );
    case "rejected":
      return (
        <section>
          <h2>{t.appealRejected}</h2>
          <p class="quiet">{fill(t.appealRejectedMore, { at: when(a.at ?? 0) })}</p>
        </section>
      );
    case "late":
      return (
        <section>
          <h2>{t.appealLate}</h2>
          <p class="quiet">{t.appealLateMore}</p>
        </section>
      );
    default:
      return null;
  }
}
