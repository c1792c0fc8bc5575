import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { QRCode } from "antd";
import { health } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";

const steps = ["starting", "waiting", "scanned", "confirmed", "refused"] as const;

/** A person lets the account in: the code to scan, and how far that is. Nothing where nobody has to. */
export function Login({ name }: { name: string }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error } = useQuery(health(community, name));
  if (error && !data) return <Failed trouble={asProblem(error)} />;
  const login = data?.login;
  const step = steps.find((s) => s === login?.step);
  if (!login || !step || (step === "confirmed" && data.health.state === "online")) return null;
  return (
    <Panel title={t("login.title")} note={t("login.note")}>
      <div className={style.login} aria-live="polite">
        {step === "waiting" && login.code ? (
          // The code stays dark on white in both themes: scanners want it so.
          <div className={style.code}>
            <QRCode
              aria-label={t("login.code")}
              value={login.code}
              size={208}
              color="#000000"
              bgColor="#ffffff"
              bordered={false}
            />
          </div>
        ) : null}
        <div>
          <p className={style.check}>{t(`login.${step}`)}</p>
          {step === "waiting" ? <p className={style.help}>{t(login.code ? "login.fresh" : "login.hidden")}</p> : null}
          {login.name ? <p className={style.help}>{t("login.as", { name: login.name })}</p> : null}
        </div>
      </div>
    </Panel>
  );
}
