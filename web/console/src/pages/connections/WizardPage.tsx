import type { Connection, Driver } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { connections, hookAddress, hookPath } from "../../queries/connections.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import type { DriverWords } from "../../words/connectors.ts";
import { useWords } from "../../words/useWords.ts";
import { Checklist } from "./Checklist.tsx";
import { ChooseDriver } from "./ChooseDriver.tsx";
import style from "./Connections.module.css";
import { type Draft, dropDraft, keepDraft, readDraft } from "./draft.ts";
import { FieldsForm } from "./FieldsForm.tsx";
import { Fill, type Saved } from "./Fill.tsx";
import { called, freeName, valuesOf } from "./fields.ts";
import { Login } from "./Login.tsx";
import { Made } from "./Made.tsx";
import { Offers } from "./Offers.tsx";
import { TestAgain } from "./TestAgain.tsx";
import { useDrivers } from "./useDrivers.ts";

const steps = ["choose", "prepare", "fill", "groups"] as const;
type Step = (typeof steps)[number];

/** From nothing to a connection that listens in groups. */
export function WizardPage() {
  const { t } = useWords();
  const { community } = useHere();
  const { driver: chosen } = useSearch({ from: "/inside/connect" });
  const drivers = useDrivers();
  const existing = useQuery(connections(community));
  const error = drivers.error ?? existing.error;
  const driver = chosen ? drivers.driver(chosen) : undefined;
  return (
    <div className={style.page}>
      <header>
        <Link to="/connections" search={{}} className={style.up}>
          {t("connections.title")}
        </Link>
        <h1>{driver ? t("connect.with", { name: drivers.words(driver.name).title }) : t("connections.add")}</h1>
      </header>
      {!drivers.list || !existing.data ? (
        error ? (
          <Failed trouble={asProblem(error)} onRetry={drivers.retry} />
        ) : (
          <Loading rows={8} />
        )
      ) : driver ? (
        <Steps
          key={driver.name}
          driver={driver}
          words={drivers.words(driver.name)}
          taken={existing.data.map((c) => c.name)}
        />
      ) : (
        <>
          <Progress at="choose" prepare={false} />
          <ChooseDriver drivers={drivers.list} wordsOf={drivers.words} />
        </>
      )}
    </div>
  );
}

/** Where one is in the wizard. */
function Progress({ at, prepare }: { at: Step; prepare: boolean }) {
  const { t } = useWords();
  const shown = steps.filter((s) => s !== "prepare" || prepare);
  return (
    <ol className={style.steps} aria-label={t("connect.steps")}>
      {shown.map((s) => (
        <li
          key={s}
          className={s === at ? style.current : shown.indexOf(s) < shown.indexOf(at) ? style.past : undefined}
          aria-current={s === at ? "step" : undefined}
        >
          {t(`connect.step.${s}`)}
        </li>
      ))}
    </ol>
  );
}

function Steps({ driver, words, taken }: { driver: Driver; words: DriverWords; taken: string[] }) {
  const { community } = useHere();
  const navigate = useNavigate();
  const prepare = words.checklist.length > 0;
  const [draft, setDraft] = useState<Draft>(() => {
    const kept = readDraft(driver.name);
    return {
      title: "",
      ticked: [],
      step: prepare ? "prepare" : "fill",
      ...kept,
      name: freeName(kept?.name || driver.name, taken),
      values: { ...valuesOf(driver), ...kept?.values },
    };
  });
  const [saved, setSaved] = useState<Saved>();
  const list = useQuery(connections(community));
  const change = (by: Partial<Draft>) => {
    const next = { ...draft, ...by };
    setDraft(next);
    keepDraft(driver, next);
  };
  const back = () => void navigate({ to: "/connect", search: {} });
  if (saved) {
    const now = list.data?.find((c) => c.name === saved.connection.name) ?? saved.connection;
    return (
      <>
        <Progress at="groups" prepare={prepare} />
        <Finish connection={now} driver={driver} words={words} made={saved.made} />
      </>
    );
  }
  if (prepare && draft.step === "prepare") {
    return (
      <>
        <Progress at="prepare" prepare />
        <Checklist
          words={words}
          hook={called(driver, draft.values) ? hookAddress(hookPath(community, draft.name)) : undefined}
          files={
            <FieldsForm
              driver={{ ...driver, fields: driver.fields.filter((f) => f.kind === "file") }}
              words={words}
              values={draft.values}
              onChange={(values) => change({ values })}
              wrong={{}}
            />
          }
          ticked={draft.ticked}
          onTick={(ticked) => change({ ticked })}
          onBack={back}
          onNext={() => change({ step: "fill" })}
        />
      </>
    );
  }
  return (
    <>
      <Progress at="fill" prepare={prepare} />
      <Fill
        driver={driver}
        words={words}
        draft={draft}
        taken={taken}
        onChange={change}
        onBack={prepare ? () => change({ step: "prepare" }) : back}
        onSaved={(s) => {
          dropDraft(driver.name);
          setSaved(s);
        }}
      />
    </>
  );
}

interface FinishProps {
  connection: Connection;
  driver: Driver;
  words: DriverWords;
  made: Record<string, string>;
}

/** It is saved: what to enter on the platform, the code to scan, and the groups to listen in. */
function Finish({ connection: c, driver, words, made }: FinishProps) {
  const { t } = useWords();
  return (
    <>
      <Made connection={c} driver={driver} words={words} made={made} />
      <Login name={c.name} />
      {c.hook ? <TestAgain connection={c} words={words} begun /> : null}
      <Offers connection={c} />
      <div className={style.bottom}>
        <Link to="/connections/$connection" params={{ connection: c.name }}>
          <Button tabIndex={-1}>{t("connect.finish")}</Button>
        </Link>
        <span className={style.faint}>{t("connect.later")}</span>
      </div>
    </>
  );
}
