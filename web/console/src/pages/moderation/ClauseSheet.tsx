import type { Clause, PolicyTest } from "@qunying/api/model";
import { asProblem, Problem } from "@qunying/api/problem";
import { useMutation } from "@tanstack/react-query";
import { Button, Checkbox, Input, Radio, Segmented, Select } from "antd";
import { useId, useState } from "react";
import { checkPolicy } from "../../queries/moderation.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { ActsEditor } from "./ActsEditor.tsx";
import { alone, asForm, lack, usual } from "./condition.ts";
import style from "./Moderation.module.css";
import { TestEditor } from "./TestEditor.tsx";
import { categoryText, mistake, verdictCategories } from "./words.ts";

interface Props {
  clause: Clause;
  isNew: boolean;
  aspects: { name: string; type: string }[];
  /** Names of the word lists that it can ask for. */
  lists: string[];
  onSave: (c: Clause) => void;
  onRemove: () => void;
  onClose: () => void;
}

/** One clause: when it holds, what follows strike by strike, what members are told. */
export function ClauseSheet({ clause, isNew, aspects, lists, onSave, onRemove, onClose }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const id = useId();
  const [c, setC] = useState(clause);
  const [asText, setAsText] = useState(Boolean(clause.when.expr));
  const tests = c.when.tests ?? [];
  const expr = c.when.expr ?? "";
  const said: Clause = {
    ...c,
    name: c.name.trim(),
    when: asText ? { expr } : { tests, ...(c.when.match ? { match: c.when.match } : {}) },
  };
  const check = useMutation({
    mutationFn: async (to: "text" | "form" | "take") => {
      if (to !== "take" && (asText ? expr.trim() === "" : tests.length === 0)) return setAsText(to === "text");
      const found = await checkPolicy(community, alone({ ...said, name: said.name || "-" }));
      if (!found.ok) throw mistake(t, undefined, found);
      if (to === "take") return onSave(said);
      const when = to === "text" ? { expr: found.expressions?.[c.id] ?? "" } : asForm(found.alternatives?.[expr]);
      if (!when) throw new Problem("", t("order.beyondForm"), t("order.beyondFormHelp"));
      setC({ ...c, when });
      setAsText(to === "text");
    },
  });
  const putTest = (at: number, x: PolicyTest) =>
    setC({ ...c, when: { ...c.when, tests: tests.map((y, i) => (i === at ? x : y)) } });
  const ladder = c.ladder ?? [];
  return (
    <Sheet title={isNew ? t("order.ownClause") : c.name} width={560} onClose={onClose}>
      <div className={style.form}>
        <div className={style.field}>
          <label htmlFor={`${id}-name`}>{t("order.clauseName")}</label>
          <Input
            id={`${id}-name`}
            maxLength={60}
            value={c.name}
            onChange={(e) => setC({ ...c, name: e.target.value })}
          />
          <p className={style.faint}>{t("order.clauseNameHelp")}</p>
        </div>
        <div className={style.field}>
          <span>{t("order.severityTitle")}</span>
          <Segmented
            aria-label={t("order.severityTitle")}
            value={c.severity}
            onChange={(n) => {
              const severity = Number(n);
              const { always = [], ladder: steps = [] } = c;
              const untouched =
                isNew && JSON.stringify({ always, ladder: steps }) === JSON.stringify(usual(c.severity));
              setC({ ...c, severity, ...(untouched ? usual(severity) : {}) });
            }}
            options={([1, 2, 3] as const).map((n) => ({ value: n, label: t(`order.severity.${n}`) }))}
          />
        </div>
        <div className={style.field}>
          <span>{t("order.layerTitle")}</span>
          <Segmented
            aria-label={t("order.layerTitle")}
            value={c.layer}
            onChange={(layer) => setC({ ...c, layer })}
            options={(["basic", "value", "exit", "special"] as const).map((value) => ({
              value,
              label: t(`order.layer.${value}`),
            }))}
          />
        </div>
        <div className={style.field}>
          <label htmlFor={`${id}-category`}>{t("order.categoryTitle")}</label>
          <Select
            id={`${id}-category`}
            showSearch={{ optionFilterProp: "label" }}
            value={c.category}
            onChange={(category) => setC({ ...c, category })}
            options={[...new Set([...verdictCategories, c.category])].map((value) => ({
              value,
              label: categoryText(t, value),
            }))}
          />
          <p className={style.faint}>{t("order.categoryHelp")}</p>
        </div>
        <div className={style.field}>
          <span>{t("order.when")}</span>
          <Segmented
            aria-label={t("order.when")}
            disabled={check.isPending}
            value={asText ? "text" : "form"}
            onChange={(how) => check.mutate(how as "text" | "form")}
            options={[
              { value: "form", label: t("order.asForm") },
              { value: "text", label: t("order.asText") },
            ]}
          />
          {asText ? (
            <div className={style.mono}>
              <Input.TextArea
                aria-label={t("order.asText")}
                rows={4}
                maxLength={2000}
                spellCheck={false}
                value={expr}
                placeholder={'"advert" in words && member.hours < 24.0'}
                onChange={(e) => setC({ ...c, when: { ...c.when, expr: e.target.value } })}
              />
              <p className={style.faint}>{t("order.variables", { names: aspects.map((a) => a.name).join(", ") })}</p>
            </div>
          ) : (
            <>
              <Radio.Group
                value={c.when.match === "any" ? "any" : "all"}
                onChange={(e) => setC({ ...c, when: { ...c.when, match: e.target.value } })}
                options={[
                  { value: "all", label: t("order.matchAll") },
                  { value: "any", label: t("order.matchAny") },
                ]}
              />
              <ul className={style.form}>
                {tests.map((x, at) => (
                  <li key={at} className={style.test}>
                    <TestEditor
                      test={x}
                      aspects={aspects}
                      lists={lists}
                      onChange={(y) => putTest(at, y)}
                      onRemove={() => setC({ ...c, when: { ...c.when, tests: tests.filter((_, i) => i !== at) } })}
                    />
                  </li>
                ))}
              </ul>
              <div>
                <Button
                  size="small"
                  onClick={() =>
                    setC({ ...c, when: { ...c.when, tests: [...tests, { what: "words", any: ["advert"] }] } })
                  }
                >
                  {t("order.addTest")}
                </Button>
              </div>
            </>
          )}
        </div>
        <div className={style.field}>
          <span>{t("order.alwaysTitle")}</span>
          <ActsEditor acts={c.always ?? []} onChange={(always) => setC({ ...c, always })} />
        </div>
        <div className={style.field}>
          <span>{t("order.atOnceTitle")}</span>
          <Checkbox.Group
            value={c.at_once ?? []}
            onChange={(at_once) => setC({ ...c, at_once })}
            options={(["recall", "remind"] as const).map((what) => ({ value: what, label: t(`order.act.${what}`) }))}
          />
          <p className={style.faint}>{t("order.atOnceHelp")}</p>
        </div>
        {ladder.map((s, i) => (
          <fieldset key={i} className={style.field}>
            <legend>{t("order.stepTitle", { n: i + 1 })}</legend>
            <ActsEditor
              acts={s.acts}
              onChange={(acts) => setC({ ...c, ladder: ladder.map((y, j) => (j === i ? { acts } : y)) })}
            />
          </fieldset>
        ))}
        <div className={style.acts}>
          {ladder.length < 10 ? (
            <Button size="small" onClick={() => setC({ ...c, ladder: [...ladder, { acts: [{ do: "warn" }] }] })}>
              {t("order.addStep")}
            </Button>
          ) : null}
          {ladder.length > 0 ? (
            <Button size="small" onClick={() => setC({ ...c, ladder: ladder.slice(0, -1) })}>
              {t("order.dropStep")}
            </Button>
          ) : null}
        </div>
        <div className={style.field}>
          <label htmlFor={`${id}-spare`}>{t("order.spareTitle")}</label>
          <Select
            id={`${id}-spare`}
            mode="multiple"
            value={c.spare ?? []}
            onChange={(spare) => setC({ ...c, spare })}
            options={(["owner", "admin"] as const).map((value) => ({ value, label: t(`order.role.${value}`) }))}
          />
        </div>
        {(["remind", "warn", "notice"] as const).map((k) => (
          <div key={k} className={style.field}>
            <label htmlFor={`${id}-${k}`}>{t(`order.text.${k}`)}</label>
            <Input.TextArea
              id={`${id}-${k}`}
              autoSize={{ minRows: 1, maxRows: 4 }}
              maxLength={1000}
              placeholder={t("order.ownWords")}
              value={c.texts[k] ?? ""}
              onChange={(e) => setC({ ...c, texts: { ...c.texts, [k]: e.target.value } })}
            />
          </div>
        ))}
        {check.error ? <Failed trouble={asProblem(check.error)} /> : null}
        <div className={style.acts}>
          {isNew ? null : (
            <Button danger onClick={onRemove}>
              {t("order.removeClause")}
            </Button>
          )}
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            disabled={said.name === "" || (!asText && (tests.length === 0 || tests.some(lack)))}
            loading={check.isPending}
            onClick={() => check.mutate("take")}
          >
            {t("order.take")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
