import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Button, Segmented } from "antd";
import { loops, parked, retryParked, signOut } from "../../queries.ts";
import { Parts } from "../../shell/Parts.tsx";
import { type ModeChoice, usePreferences } from "../../shell/Preferences.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import type { Lang } from "../../words/language.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./SettingsPage.module.css";

/** How this browser shows the console, and how the machine is doing. */
export function SettingsPage() {
  const { t } = useWords();
  const { may } = useHere();
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      <Appearance />
      {may("read") ? <Loops /> : null}
      {may("manage") ? <ParkedEvents /> : null}
      <About />
    </div>
  );
}

function Appearance() {
  const { t } = useWords();
  const { lang, chooseLang, choice, chooseMode } = usePreferences();
  return (
    <Panel title={t("settings.look")} note={t("settings.lookNote")}>
      <dl className={style.rows}>
        <dt>{t("settings.language")}</dt>
        <dd>
          <Segmented<Lang>
            aria-label={t("settings.language")}
            value={lang}
            onChange={(l) => void chooseLang(l)}
            options={[
              { value: "zh-CN", label: t("language.zh") },
              { value: "en", label: t("language.en") },
            ]}
          />
        </dd>
        <dt>{t("theme.label")}</dt>
        <dd>
          <Segmented<ModeChoice>
            aria-label={t("theme.label")}
            value={choice}
            onChange={chooseMode}
            options={(["light", "dark", "auto"] as const).map((m) => ({ value: m, label: t(`theme.${m}`) }))}
          />
        </dd>
      </dl>
    </Panel>
  );
}

function Loops() {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(loops(community));
  return (
    <Panel title={t("loops.title")} note={t("loops.note")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={3} />
      ) : (
        <table className={style.table}>
          <thead>
            <tr>
              <th scope="col">{t("loops.loop")}</th>
              <th scope="col" className={style.number}>
                {t("loops.cursor")}
              </th>
              <th scope="col" className={style.number}>
                {t("loops.state")}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((l) => (
              <tr key={l.name}>
                <th scope="row">{t(`loops.${l.name}`)}</th>
                <td className={style.number}>{w.exact(l.cursor)}</td>
                <td className={style.number}>
                  {l.behind > 0 ? (
                    <span className={style.behind}>{t("loops.behind", { n: w.count(l.behind) })}</span>
                  ) : (
                    <span className={style.good}>{t("loops.even")}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function ParkedEvents() {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(parked(community));
  const retry = useMutation({
    mutationFn: (seq: number) => retryParked(community, seq),
    onSettled: () => void client.invalidateQueries({ queryKey: ["parked"] }),
  });
  return (
    <Panel title={t("parked.title")} note={t("parked.note")}>
      {retry.error ? <Failed trouble={asProblem(retry.error)} /> : null}
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={3} />
      ) : data.length === 0 ? (
        <Empty title={t("parked.none")}>{t("parked.noneTeach")}</Empty>
      ) : (
        <ul className={style.parked}>
          {data.map((p) => (
            <li key={p.seq}>
              <div>
                <p>{p.error}</p>
                <p className={style.faint}>
                  #{p.seq} · {p.kind} · {w.when(p.at, zone)}
                </p>
              </div>
              {p.state === "retried" ? (
                <span className={style.faint}>{t("parked.retried")}</span>
              ) : (
                <Button
                  size="small"
                  loading={retry.isPending && retry.variables === p.seq}
                  onClick={() => retry.mutate(p.seq)}
                >
                  {t("action.retry")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function About() {
  const { t } = useWords();
  const { session, staff } = useHere();
  const client = useQueryClient();
  const router = useRouter();
  const leave = async () => {
    await signOut();
    client.clear();
    await router.navigate({ to: "/sign-in", search: {} });
  };
  return (
    <Panel title={t("about.title")}>
      <dl className={style.rows}>
        <dt>{t("about.version")}</dt>
        <dd>{session?.version}</dd>
        <dt>{t("about.you")}</dt>
        <dd>
          {staff?.name} · {staff ? t(`role.${staff.role}`) : null}
        </dd>
        <dt>{t("about.api")}</dt>
        <dd>
          <a href="/docs">{t("about.docs")}</a>
        </dd>
      </dl>
      <div className={style.leave}>
        <Button onClick={() => void leave()}>{t("action.signOut")}</Button>
      </div>
    </Panel>
  );
}
