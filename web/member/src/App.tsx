/** @jsxImportSource preact */
import { answer, client } from "@qunying/api";
import type { Personal } from "@qunying/api/model";
import { asProblem, type Problem } from "@qunying/api/problem";
import { useCallback, useEffect, useState } from "preact/hooks";
import { CaseCard } from "./CaseCard.tsx";
import { TextForm } from "./TextForm.tsx";
import { fill, type Language, languageOf, texts } from "./words.ts";

interface Props {
  community: string;
  token: string;
}

/** What a personal link shows: a receipt in short form, an appeal, a report, points. */
export function App({ community, token }: Props) {
  const [language, setLanguage] = useState<Language>(() => languageOf(navigator.languages));
  const [shown, setShown] = useState<Personal>();
  const [trouble, setTrouble] = useState<Problem>();
  const t = texts[language];
  const path = { community, token };

  const load = useCallback(() => {
    setTrouble(undefined);
    answer(client.GET("/api/v1/personal/{community}/{token}", { params: { path: { community, token } } })).then(
      setShown,
      (thrown) => setTrouble(asProblem(thrown)),
    );
  }, [community, token]);
  useEffect(load, [load]);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = t.title;
  }, [language, t]);

  const send = (what: "appeal" | "report") => (text: string) =>
    answer(
      what === "appeal"
        ? client.POST("/api/v1/personal/{community}/{token}/appeal", { params: { path }, body: { text } })
        : client.POST("/api/v1/personal/{community}/{token}/report", { params: { path }, body: { text } }),
    ).then(setShown);

  return (
    <>
      {shown ? (
        <Open shown={shown} language={language} onAppeal={send("appeal")} onReport={send("report")} />
      ) : trouble ? (
        <Closed trouble={trouble} language={language} onAgain={load} />
      ) : (
        <p class="quiet" role="status">
          {t.loading}…
        </p>
      )}
      <footer>
        {shown?.state === "open" ? <p class="quiet">{t.private}</p> : null}
        <button
          type="button"
          class="plain"
          lang={language === "en" ? "zh-CN" : "en"}
          onClick={() => setLanguage(language === "en" ? "zh-CN" : "en")}
        >
          {t.other}
        </button>
      </footer>
    </>
  );
}

interface OpenProps {
  shown: Personal;
  language: Language;
  onAppeal: (text: string) => Promise<void>;
  onReport: (text: string) => Promise<void>;
}

function Open({ shown, language, onAppeal, onReport }: OpenProps) {
  const t = texts[language];
  if (shown.state === "expired") return <Note title={t.expired} more={t.expiredMore} />;
  return (
    <>
      <header>
        <h1>{fill(t.hello, { name: shown.name })}</h1>
        {shown.group ? <p class="quiet">{fill(t.in, { group: shown.group })}</p> : null}
      </header>
      {shown.state === "gone" ? <Note title={t.gone} more={t.goneMore} /> : null}
      {shown.state === "erased" ? <Note title={t.erased} more={t.erasedMore} /> : null}
      {shown.case ? <CaseCard is={shown.case} zone={shown.zone} language={language} onAppeal={onAppeal} /> : null}
      {shown.ledger ? (
        <section class="line">
          <h2>{t.points}</h2>
          <strong class="number">{shown.points}</strong>
        </section>
      ) : null}
      <section>
        <h2>{t.reportTitle}</h2>
        <p class="quiet">{t.reportMore}</p>
        {shown.reported ? (
          <p class="good" role="status">
            {t.reported}
          </p>
        ) : (
          <TextForm label={t.reportText} send={t.reportSend} language={language} onSend={onReport} />
        )}
      </section>
    </>
  );
}

function Note({ title, more }: { title: string; more: string }) {
  return (
    <section>
      <h2>{title}</h2>
      <p>{more}</p>
    </section>
  );
}

function Closed({ trouble, language, onAgain }: { trouble: Problem; language: Language; onAgain: () => void }) {
  const t = texts[language];
  const wrong = trouble.code === "not_found" || trouble.code === "invalid";
  const busy = trouble.status === 429;
  return (
    <section role="alert">
      <h1>{wrong ? t.wrong : busy ? t.busy : t.offline}</h1>
      <p>{wrong ? t.wrongMore : busy ? t.busyMore : t.offlineMore}</p>
      {wrong ? null : (
        <button type="button" onClick={onAgain}>
          {t.again}
        </button>
      )}
    </section>
  );
}
