import type { SeatPrices } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { consents, saveSeatPrices, seats } from "../../queries/wecom.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Field } from "./Field.tsx";
import { Refused } from "./Refused.tsx";
import style from "./WeCom.module.css";

/** The archive that makes messages readable: its seats, their cost, and who agreed. */
export function ArchivePart({ name }: { name: string | undefined }) {
  const { t } = useWords();
  if (!name) {
    return (
      <Panel title={t("wecom.archive.title")}>
        <Empty
          title={t("wecom.archive.none")}
          actions={
            <Link to="/connect" search={{ driver: "wecom-archive" }}>
              {t("wecom.archive.connect")}
            </Link>
          }
        >
          {t("wecom.archive.noneTeach")}
        </Empty>
      </Panel>
    );
  }
  return (
    <div className={style.parts}>
      <Seats name={name} />
      <Consents name={name} />
    </div>
  );
}

const editions = ["office", "service", "enterprise"] as const;

function Seats({ name }: { name: string }) {
  const w = useWords();
  const { t, lang } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(seats(community, name));
  const money = (n: number) =>
    new Intl.NumberFormat(lang, { style: "currency", currency: data?.prices.currency ?? "CNY" }).format(n / 100);
  return (
    <Panel title={t("wecom.seats.title")} note={t("wecom.seats.note")}>
      {error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <div className={style.form}>
          {data.seats.length === 0 ? (
            <Empty title={t("wecom.seats.none")}>{t("wecom.seats.noneTeach")}</Empty>
          ) : (
            <>
              <p>
                <span className={style.figure}>{t("wecom.seats.count", { count: data.seats.length })}</span>{" "}
                {data.cost > 0 ? t("wecom.seats.cost", { money: money(data.cost) }) : null}{" "}
                {data.unknown > 0 ? (
                  <span className={style.watch}>{t("wecom.seats.unknown", { count: data.unknown })}</span>
                ) : null}
              </p>
              <ul>
                {editions.map((e) => {
                  const held = data.seats.filter((s) => s.edition === e);
                  return held.length > 0 ? (
                    <li key={e}>
                      <span className={style.soft}>{t(`wecom.edition.${e}`)}</span>{" "}
                      {held.map((s) => s.colleague).join(t("wecom.comma"))}
                    </li>
                  ) : null;
                })}
              </ul>
            </>
          )}
          <Prices key={data.prices.version} name={name} prices={data.prices} />
        </div>
      )}
    </Panel>
  );
}

function Prices({ name, prices }: { name: string; prices: SeatPrices }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [year, setYear] = useState(prices.year);
  const save = useMutation({
    mutationFn: () => saveSeatPrices(community, name, { ...prices, year }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["wecom"] }),
  });
  return (
    <>
      <p className={style.faint}>{t("wecom.seats.priceTeach")}</p>
      <div className={style.acts}>
        {editions.map((e) => (
          <Field key={e} id={`${id}-${e}`} label={t(`wecom.edition.${e}`)}>
            <InputNumber
              id={`${id}-${e}`}
              min={0}
              max={1_000_000}
              precision={2}
              value={year[e] === undefined ? null : year[e] / 100}
              onChange={(n) => {
                const next = { ...year };
                if (n === null) delete next[e];
                else next[e] = Math.round(n * 100);
                setYear(next);
              }}
            />
          </Field>
        ))}
      </div>
      {save.error ? <Refused error={save.error} /> : null}
      <div className={style.links}>
        <Button loading={save.isPending} onClick={() => save.mutate()}>
          {t("wecom.seats.savePrices")}
        </Button>
      </div>
    </>
  );
}

function Consents({ name }: { name: string }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const id = useId();
  const [group, setGroup] = useState(0);
  const choices = useGroupChoices(group, { network: "wecom" });
  const { data, error, refetch } = useQuery(consents(community, name, group));
  return (
    <Panel title={t("wecom.consents.title")} note={t("wecom.consents.note")}>
      {choices.error ? <Failed trouble={asProblem(choices.error)} onRetry={() => void choices.refetch()} /> : null}
      <div className={`${style.form} ${style.narrow}`}>
        <Field id={`${id}-group`} label={t("wecom.consents.group")}>
          <Select
            id={`${id}-group`}
            aria-label={t("wecom.consents.group")}
            value={group || null}
            onChange={(g: number | null) => {
              choices.forget();
              setGroup(g ?? 0);
            }}
            loading={choices.isLoading}
            showSearch={choices.showSearch}
            options={choices.options}
          />
        </Field>
      </div>
      {group === 0 ? null : error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={3} />
      ) : data.length === 0 ? (
        <Empty title={t("wecom.consents.none")} />
      ) : (
        <ul className={style.list}>
          {data.map((m) => (
            <li key={m.member} className={style.line}>
              <p className={style.words}>{m.name || m.member}</p>
              <p>
                <span className={m.agreed ? style.good : style.alert}>
                  {t(m.agreed ? "wecom.consents.yes" : "wecom.consents.no")}
                </span>{" "}
                <span className={style.faint}>
                  {m.missing_since > 0
                    ? t("wecom.consents.missing", { at: w.when(m.missing_since, zone) })
                    : m.at > 0
                      ? w.when(m.at, zone)
                      : ""}
                </span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
