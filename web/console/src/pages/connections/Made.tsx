import type { Connection, Driver } from "@qunying/api/model";
import { hookAddress } from "../../queries/connections.ts";
import { Copy } from "../../ui/Copy.tsx";
import { Panel } from "../../ui/Panel.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { asked, valuesOf } from "./fields.ts";

interface Props {
  connection: Connection;
  driver: Driver;
  words: DriverWords;
  made: Record<string, string>;
}

/** What has to be entered on the platform now: our address, and values that were made up and are shown this once. */
export function Made({ connection, driver, words, made }: Props) {
  const { t } = useWords();
  const values = valuesOf(driver, connection.config);
  const shown = driver.fields.filter((f) => made[f.name] !== undefined && asked(f, values));
  if (!connection.hook && shown.length === 0) return null;
  return (
    <Panel title={t("connect.enterThere")} note={shown.length > 0 ? t("connect.once") : t("connect.hookTeach")}>
      <dl className={style.made}>
        {connection.hook ? (
          <>
            <dt>{t("connections.hook")}</dt>
            <dd>
              <Copy value={hookAddress(connection.hook)} />
            </dd>
          </>
        ) : null}
        {shown.map((f) => {
          const label = words.fields[f.name]?.label ?? f.name;
          return [
            <dt key={`${f.name}-name`}>{label}</dt>,
            <dd key={f.name}>
              <Copy value={made[f.name] ?? ""} />
            </dd>,
          ];
        })}
      </dl>
    </Panel>
  );
}
