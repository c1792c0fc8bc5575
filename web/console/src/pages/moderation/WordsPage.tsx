import type { Lexicon, Policy } from "@qunying/api/model";
import { asProblem, Problem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Checkbox, Dropdown, Input, Popconfirm, Select, Switch } from "antd";
import { Fragment, useId, useRef, useState } from "react";
import { newKey } from "../../queries/key.ts";
import { lexicon, lexicons, policy, readLexicon, saveLexicon, tryWords, wordHits } from "../../queries/moderation.ts";
import type { Scope } from "../../queries/sending.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords, type Words } from "../../words/useWords.ts";
import { asksFor } from "./asked.ts";
import { BacktestSheet } from "./BacktestSheet.tsx";
import { alone } from "./condition.ts";
import { DetectorsPanel } from "./DetectorsPanel.tsx";
import style from "./Moderation.module.css";
import { cut } from "./spans.ts";
import { useWhose } from "./useWhose.tsx";
import { actsText, categoryText, foundText, wordCategories } from "./words.ts";

const formats = ["txt", "csv", "xlsx"] as const;
const largest = 8 << 20; // bytes

/** Word lists, and a box to try what they find. */
export function WordsPage() {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const { whose, scope, members, chooser } = useWhose(undefined);
  const { data, error, refetch } = useQuery(lexicons(community, scope));
  const { data: rules } = useQuery(policy(community, scope));
  const [open, setOpen] = useState<Lexicon | "new">();
  const [hits, setHits] = useState<Lexicon>();
  const writable = may("moderation.rules");
  const toggle = useMutation({
    mutationFn: async (l: Lexicon) => {
      const whole = l.starter ? l : await client.fetchQuery({ ...lexicon(community, l.id, scope), staleTime: 0 });
      return saveLexicon(community, { ...whole, off: !l.off }, scope);
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["settings", community, "lexicons"] }),
  });
  /** Whether a list is of what was chosen, and not inherited by it. */
  const own = (l: Lexicon) => l.group === (scope.group ?? 0) && (l.set ?? 0) === (scope.set ?? 0);
  const add = (
    <Button type="primary" onClick={() => setOpen("new")}>
      {t("order.addLexicon")}
    </Button>
  );
  return (
    <div className={`${style.page} ${style.narrow}`}>
      <h1>{t("order.title")}</h1>
      <Parts of="moderation" />
      <div className={style.bar}>{chooser}</div>
      <Panel title={t("order.lexicons")} note={t("order.lexiconsNote")} actions={writable ? add : undefined}>
        {toggle.error ? <Failed trouble={asProblem(toggle.error)} /> : null}
        {error && !data ? (
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={4} />
        ) : data.length === 0 ? (
          <Empty title={t("order.noLexicons")}>{t("order.noLexiconsTeach")}</Empty>
        ) : (
          <ul>
            {data.map((l) => (
              <li key={`${l.group}/${l.set ?? 0}/${l.id}`}>
                <article className={style.line} aria-label={l.name}>
                  <div className={style.words}>
                    <p className={style.name}>{l.starter ? t("order.starter") : l.name}</p>
                    <p className={style.faint}>
                      {[
                        t("order.entries", { count: l.entries ?? 0, n: w.exact(l.entries ?? 0) }),
                        t("order.hits", { n: w.exact(l.hits ?? 0) }),
                        l.starter ? "" : categoryText(t, l.category),
                        l.pinyin ? t("order.pinyin") : "",
                        l.similar ? t("order.similar") : "",
                        own(l) ? "" : t(l.set ? "order.listOfSet" : "order.listOfAll"),
                      ]
                        .filter(Boolean)
                        .join(" · ")}
                    </p>
                    {rules && !l.starter && !l.off && !asksFor(rules.policy, l) ? (
                      <p>
                        {t("order.notAsked")} <Link to="/moderation/rules">{t("measures.toRules")}</Link>
                      </p>
                    ) : null}
                  </div>
                  <div className={style.acts}>
                    <Switch
                      aria-label={t("order.use", { name: l.name })}
                      disabled={!writable || !own(l)}
                      loading={toggle.isPending && toggle.variables?.id === l.id}
                      checked={!l.off}
                      onChange={() => toggle.mutate(l)}
                    />
                    {(l.hits ?? 0) > 0 && own(l) ? (
                      <Button size="small" onClick={() => setHits(l)}>
                        {t("order.showHits")}
                      </Button>
                    ) : null}
                    {own(l) ? (
                      <>
                        <Export lexicon={l} />
                        <Button size="small" onClick={() => setOpen(l)}>
                          {t(l.starter || !writable ? "order.showWords" : "order.edit")}
                        </Button>
                      </>
                    ) : null}
                  </div>
                </article>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <DetectorsPanel key={whose} scope={scope} />
      <Try key={`try/${whose}`} group={members[0] ?? 0} />
      {open ? (
        <LexiconSheet
          known={open === "new" ? undefined : open}
          scope={scope}
          groups={members}
          onClose={() => setOpen(undefined)}
        />
      ) : null}
      {hits ? <HitsSheet lexicon={hits} scope={scope} onClose={() => setHits(undefined)} /> : null}
    </div>
  );
}

/** A word list as a file, in one of three formats. */
function Export({ lexicon: l }: { lexicon: Lexicon }) {
  const { t } = useWords();
  const { community } = useHere();
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items: formats.map((format) => ({
          key: format,
          label: (
            <a
              href={`/api/v1/communities/${community}/lexicons/${l.id}/export?format=${format}&group=${l.group}&set=${l.set ?? 0}`}
              download
            >
              {t("order.exportAs", { format })}
            </a>
          ),
        })),
      }}
    >
      <Button size="small">{t("order.export")}</Button>
    </Dropdown>
  );
}

/** Which entries were hit of late, the most frequent first. */
function HitsSheet({ lexicon: l, scope, onClose }: { lexicon: Lexicon; scope: Scope; onClose: () => void }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data, error, refetch } = useQuery(wordHits(community, l.id, scope));
  return (
    <Sheet title={t("order.hitsTitle")} width={420} onClose={onClose}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : (
        <div className={style.form}>
          <p className={style.faint}>{t("order.hitsTeach")}</p>
          {data.words.length === 0 ? <p>{t("order.noHits")}</p> : null}
          <dl className={style.facts}>
            {data.words.map((x) => (
              <Fragment key={x.entry}>
                <dt className="figures">{w.exact(x.hits)}</dt>
                <dd>{x.entry}</dd>
              </Fragment>
            ))}
          </dl>
        </div>
      )}
    </Sheet>
  );
}

/** Reads a text as the machine would. */
function Try({ group }: { group: number }) {
  const { t } = useWords();
  const { community } = useHere();
  const [text, setText] = useState("");
  const look = useMutation({ mutationFn: (said: string) => tryWords(community, said, group) });
  const found = look.data;
  const places = found
    ? [
        ...found.reading.hits
          .filter((h) => !h.exception)
          .map((h) => ({ start: h.start, end: h.end, why: `${categoryText(t, h.category)}：${h.entry}` })),
        ...found.reading.found.map((f) => ({
          start: f.start,
          end: f.end,
          why: foundText(t, f),
        })),
      ]
    : [];
  return (
    <Panel title={t("order.try")} note={t("order.tryNote")}>
      <div className={style.form}>
        <Input.TextArea
          aria-label={t("order.try")}
          autoSize={{ minRows: 2, maxRows: 8 }}
          maxLength={5000}
          value={text}
          placeholder={t("order.tryPlaceholder")}
          onChange={(e) => setText(e.target.value)}
        />
        <div>
          <Button disabled={!text.trim()} loading={look.isPending} onClick={() => look.mutate(text)}>
            {t("order.look")}
          </Button>
        </div>
        {look.error ? <Failed trouble={asProblem(look.error)} /> : null}
        {found ? (
          <div role="status" className={style.form}>
            <p className={style.quote}>
              {cut(look.variables ?? "", places).map((p, i) =>
                p.why ? (
                  <mark key={i} title={p.why}>
                    {p.text}
                  </mark>
                ) : (
                  p.text
                ),
              )}
            </p>
            <p>{places.length > 0 ? places.map((p) => p.why).join(t("order.semicolon")) : t("order.foundNothing")}</p>
            {found.reading.normal !== look.variables ? (
              <p className={style.faint}>
                {t("order.readAs")}：{found.reading.normal}
              </p>
            ) : null}
            <p>
              {found.verdict?.clause
                ? t("order.wouldBe", {
                    clause: found.verdict.name,
                    stage: t(`order.stage.${found.verdict.stage as "suggest"}`),
                    acts: actsText(t, found.verdict.acts ?? []),
                  })
                : t("order.wouldPass")}
            </p>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}

interface SheetProps {
  known: Lexicon | undefined;
  scope: Scope;
  /** The groups that are meant, none where all are. */
  groups: number[];
  onClose: () => void;
}

function LexiconSheet({ known, scope, groups, onClose }: SheetProps) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error } = useQuery({
    ...lexicon(community, known?.id ?? "", scope),
    enabled: known !== undefined,
    staleTime: 0,
  });
  const ready = known ? data : undefined;
  if (known && error) {
    return (
      <Sheet title={known.name} width={560} onClose={onClose}>
        <Failed trouble={asProblem(error)} />
      </Sheet>
    );
  }
  if (known && !ready) {
    return (
      <Sheet title={known.name} width={560} onClose={onClose}>
        <Loading rows={6} />
      </Sheet>
    );
  }
  return (
    <Sheet title={known ? known.name : t("order.addLexicon")} width={560} onClose={onClose}>
      {ready?.starter ? (
        <div className={`${style.form} ${style.mono}`}>
          <p className={style.faint}>{t("order.starterTeach")}</p>
          <Input.TextArea readOnly rows={24} aria-label={t("order.words")} value={ready.text ?? ""} />
        </div>
      ) : (
        <LexiconForm
          begin={ready ?? { id: `own-${newKey()}`, group: 0, name: "", category: "custom", text: "", version: 0 }}
          scope={scope}
          groups={groups}
          onClose={onClose}
        />
      )}
    </Sheet>
  );
}

interface FormProps {
  begin: Lexicon;
  scope: Scope;
  groups: number[];
  onClose: () => void;
}

function LexiconForm({ begin, scope, groups, onClose }: FormProps) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [l, setL] = useState(begin);
  const [trying, setTrying] = useState(false);
  const save = useMutation({
    mutationFn: (gone: boolean) => saveLexicon(community, gone ? { ...begin, gone } : l, scope),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["settings", community] });
      onClose();
    },
  });
  const file = useRef<HTMLInputElement>(null);
  const take = useMutation({
    mutationFn: (chosen: File) => fromFile(t, community, chosen),
    onSuccess: (read, chosen) =>
      setL((now) => ({
        ...now,
        text: read.text ?? "",
        name: now.name.trim() || chosen.name.replace(/\.[^.]+$/, "").slice(0, 60),
      })),
  });
  const writable = may("moderation.rules");
  const named = l.name.trim() !== "" && (l.text ?? "").trim() !== "";
  return (
    <div className={style.form}>
      <div className={style.bar}>
        <input
          ref={file}
          type="file"
          hidden
          accept=".txt,.csv,.xlsx"
          aria-label={t("order.importFile")}
          onChange={(e) => {
            const chosen = e.target.files?.[0];
            e.target.value = "";
            if (chosen) take.mutate(chosen);
          }}
        />
        <Button disabled={!writable} loading={take.isPending} onClick={() => file.current?.click()}>
          {t("order.importFile")}
        </Button>
        <span className={style.faint}>{t("order.importTeach")}</span>
      </div>
      {take.error ? <Failed trouble={asProblem(take.error)} /> : null}
      {take.data ? (
        <p role="status" className={style.good}>
          {t("order.importRead", { n: w.exact(entriesOf(take.data.text ?? "")) })}
        </p>
      ) : null}
      <div className={style.field}>
        <label htmlFor={`${id}-name`}>{t("order.lexiconName")}</label>
        <Input id={`${id}-name`} maxLength={60} value={l.name} onChange={(e) => setL({ ...l, name: e.target.value })} />
      </div>
      <div className={style.field}>
        <label htmlFor={`${id}-category`}>{t("order.categoryTitle")}</label>
        <Select
          id={`${id}-category`}
          value={l.category}
          onChange={(category) => setL({ ...l, category })}
          options={wordCategories.map((c) => ({ value: c, label: categoryText(t, c) }))}
        />
      </div>
      <div className={`${style.field} ${style.mono}`}>
        <label htmlFor={`${id}-text`}>{t("order.words")}</label>
        <Input.TextArea
          id={`${id}-text`}
          rows={14}
          spellCheck={false}
          value={l.text ?? ""}
          aria-describedby={`${id}-help`}
          onChange={(e) => setL({ ...l, text: e.target.value })}
        />
        <p id={`${id}-help`} className={style.faint}>
          {t("order.wordsHelp")}
        </p>
      </div>
      <Checkbox checked={l.pinyin ?? false} onChange={(e) => setL({ ...l, pinyin: e.target.checked })}>
        {t("order.pinyinTeach")}
      </Checkbox>
      <Checkbox checked={l.similar ?? false} onChange={(e) => setL({ ...l, similar: e.target.checked })}>
        {t("order.similarTeach")}
      </Checkbox>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      {writable ? (
        <div className={style.acts}>
          {begin.version > 0 ? (
            <Popconfirm title={t("order.deleteSure")} onConfirm={() => save.mutate(true)}>
              <Button danger disabled={save.isPending}>
                {t("order.deleteLexicon")}
              </Button>
            </Popconfirm>
          ) : null}
          <Button disabled={!(l.text ?? "").trim()} onClick={() => setTrying(true)}>
            {t("order.backtest")}
          </Button>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="primary" disabled={!named} loading={save.isPending} onClick={() => save.mutate(false)}>
            {t("action.save")}
          </Button>
        </div>
      ) : null}
      {trying ? (
        <BacktestSheet
          draft={asking(l, t("order.newWords"))}
          words={{ ...l, name: l.name.trim() || t("order.newWords") }}
          groups={groups}
          onClose={() => setTrying(false)}
        />
      ) : null}
    </div>
  );
}

/** How many entries a text has. */
const entriesOf = (text: string) =>
  text.split("\n").filter((x) => x.trim() && !/^(#|\[.*\]\s*$)/.test(x.trim())).length;

/** Rules that ask for nothing but the words of a list. */
function asking(l: Lexicon, unnamed: string): Policy {
  const name = l.name.trim() || unnamed;
  return alone({
    id: "words",
    name,
    layer: "special",
    category: "custom",
    severity: 3,
    stage: "suggest",
    when: { tests: [{ what: "lexicons", any: [name] }] },
    ladder: [{ acts: [{ do: "remind" }] }],
    texts: {},
  });
}

/** Reads the entries of a file; nothing is saved. */
async function fromFile(t: Words["t"], community: string, file: File): Promise<Lexicon> {
  const format = formats.find((f) => file.name.toLowerCase().endsWith(`.${f}`));
  if (!format) throw new Problem("invalid", t("order.importWrong"), "");
  if (file.size > largest) throw new Problem("invalid", t("order.importLarge"), "");
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  const step = 32_768; // fromCharCode takes its bytes as arguments
  for (let at = 0; at < bytes.length; at += step) text += String.fromCharCode(...bytes.subarray(at, at + step));
  return readLexicon(community, { format, file: btoa(text), name: "-" });
}
