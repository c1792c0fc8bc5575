import type { Driver } from "@qunying/api/model";
import { Link } from "@tanstack/react-router";
import { Panel } from "../../ui/Panel.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./Connections.module.css";
import { readDraft } from "./draft.ts";

interface Props {
  drivers: Driver[];
  wordsOf: (name: string) => DriverWords;
}

/** The ways to connect: those that platforms offer, and those that may cost the account. */
export function ChooseDriver({ drivers, wordsOf }: Props) {
  const { t } = useWords();
  return (
    <>
      {([true, false] as const).map((official) => {
        const list = drivers.filter((d) => d.official === official);
        return list.length === 0 ? null : (
          <Panel
            key={String(official)}
            title={t(official ? "connect.officialTitle" : "connect.unofficialTitle")}
            note={t(official ? "connect.officialNote" : "connect.unofficialNote")}
          >
            <ul className={style.drivers}>
              {list.map((d) => (
                <li key={d.name}>
                  <Choice driver={d} words={wordsOf(d.name)} />
                </li>
              ))}
            </ul>
          </Panel>
        );
      })}
    </>
  );
}

function Choice({ driver, words }: { driver: Driver; words: DriverWords }) {
  const { t } = useWords();
  const begun = readDraft(driver.name) !== undefined;
  return (
    <div className={style.driver}>
      <Link to="/connect" search={{ driver: driver.name }} className={style.whole}>
        {words.title}
      </Link>
      {begun ? <span className={style.tag}>{t("connect.begun")}</span> : null}
      <p className={style.soft}>{words.about}</p>
      {words.risk ? <p className={driver.official ? style.help : style.risk}>{words.risk}</p> : null}
    </div>
  );
}
