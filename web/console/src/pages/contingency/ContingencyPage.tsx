import { SettingOutlined } from "@ant-design/icons";
import type { ContingencyRow } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { useState } from "react";
import { contingencies } from "../../queries/contingency.ts";
import { colleagues } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Contingency.module.css";
import { PlanForm } from "./PlanForm.tsx";
import { SnapshotPlanForm } from "./SnapshotPlanForm.tsx";

const lacks = {
  all: () => true,
  none: (g: ContingencyRow) => g.state === "none",
  stale: (g: ContingencyRow) => g.stale,
  undrilled: (g: ContingencyRow) => g.undrilled,
  in_use: (g: ContingencyRow) => g.state === "in_use",
};
type Lack = keyof typeof lacks;

/** What every group falls back on, and what is missing. */
export function ContingencyPage() {
  const { t } = useWords();
  const { community } = useHere();
  const [lack, setLack] = useState<Lack>("all");
  const [open, setOpen] = useState(false);
  const { data, error, refetch } = useQuery(contingencies(community));
  const shown = (data ?? []).filter(lacks[lack]);
  return (
    <div className={style.page}>
      <header>
        <h1>{t("contingency.title")}</h1>
        <p className={style.faint}>{t("contingency.about")}</p>
      </header>
      <Parts of="alerts" />
      <div className={style.tools}>
        <Select<Lack>
          aria-label={t("contingency.which")}
          value={lack}
          onChange={setLack}
          popupMatchSelectWidth={false}
          options={(Object.keys(lacks) as Lack[]).map((l) => ({
            value: l,
            label: t(`contingency.lack.${l}`, { n: (data ?? []).filter(lacks[l]).length }),
          }))}
        />
        <Button icon={<SettingOutlined aria-hidden="true" />} onClick={() => setOpen(true)}>
          {t("contingency.forAll")}
        </Button>
      </div>
      <Panel title={t("contingency.groups")} flush>
        {error && !data ? (
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={6} />
        ) : shown.length === 0 ? (
          <Empty title={t(data.length === 0 ? "contingency.noGroups" : "contingency.noneLack")} />
        ) : (
          <ul className={style.list}>
            {shown.map((g) => (
              <Row key={g.group} group={g} />
            ))}
          </ul>
        )}
      </Panel>
      {open ? (
        <Sheet title={t("contingency.forAll")} width={480} onClose={() => setOpen(false)}>
          <div className={style.sheet}>
            <PlanForm scope={{}} />
            <SnapshotPlanForm scope={{}} />
          </div>
        </Sheet>
      ) : null}
    </div>
  );
}

function Row({ group: g }: { group: ContingencyRow }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const { data: staff } = useQuery(colleagues(community));
  const keeper = staff?.find((s) => s.id === g.keeper)?.name;
  return (
    <li>
      <span className={style.what}>
        <Link to="/groups/$group" params={{ group: g.group }} search={{}} hash="contingency">
          {g.name}
        </Link>
        <small>{keeper ? t("contingency.keeper", { name: keeper }) : t("contingency.noKeeper")}</small>
      </span>
      <span className={style.what}>
        <span className={g.state === "none" ? style.missing : g.state === "in_use" ? style.inUse : undefined}>
          {t(`contingency.state.${g.state}`)}
        </span>
        {g.state === "none" ? null : <small>{[g.backup_name, g.way].filter(Boolean).join(" · ")}</small>}
      </span>
      <span className={style.what}>
        <span className={g.stale ? style.missing : undefined}>
          {g.snapshot_at
            ? t("contingency.lastSnapshot", { when: w.when(g.snapshot_at, zone) })
            : t("contingency.noSnapshot")}
        </span>
        <small>{t(`contingency.rhythm.${g.every}`)}</small>
      </span>
      <span className={style.what}>
        <span className={g.undrilled ? style.missing : undefined}>
          {g.drilled_at ? t("contingency.lastDrill", { when: w.when(g.drilled_at, zone) }) : t("contingency.noDrill")}
        </span>
        {g.drill ? (
          <small>{t("contingency.drilling")}</small>
        ) : g.drills ? (
          <small>{t("contingency.quarterly")}</small>
        ) : null}
      </span>
    </li>
  );
}
