import { PlusOutlined } from "@ant-design/icons";
import type { ContactWelcome, Greeting, LinkedPage } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useId, useState } from "react";
import { useKeys } from "../../queries/key.ts";
import {
  addGreeting,
  changeGreeting,
  contactWelcome,
  deleteGreeting,
  greetings,
  saveContactWelcome,
} from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { ListPanel } from "../../ui/ListPanel.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { DeleteSheet } from "./DeleteSheet.tsx";
import { Field, Toggle } from "./Field.tsx";
import { Refused } from "./Refused.tsx";
import style from "./WeCom.module.css";

/** What new contacts and newcomers of groups are told. */
export function GreetingsPart({ name }: { name: string }) {
  return (
    <div className={style.parts}>
      <Welcome name={name} />
      <Templates name={name} />
    </div>
  );
}

const bytes = (s: string) => new TextEncoder().encode(s).length;

interface LinkDraft {
  title: string;
  url: string;
  about: string;
}

const draftOf = (l: LinkedPage | undefined): LinkDraft => ({
  title: l?.title ?? "",
  url: l?.url ?? "",
  about: l?.about ?? "",
});

const linkOf = (d: LinkDraft): { link?: LinkedPage } =>
  d.url.trim() || d.title.trim()
    ? { link: { title: d.title.trim(), url: d.url.trim(), ...(d.about.trim() ? { about: d.about.trim() } : {}) } }
    : {};

const fineLink = (d: LinkDraft) =>
  (!d.url.trim() && !d.title.trim()) || (d.title.trim() !== "" && /^https?:\/\/[^\s/]+/.test(d.url.trim()));

function LinkFields({
  id,
  draft,
  looked,
  onChange,
}: {
  id: string;
  draft: LinkDraft;
  looked: boolean;
  onChange: (d: LinkDraft) => void;
}) {
  const { t } = useWords();
  return (
    <>
      <Field id={`${id}-title`} label={t("wecom.link.title")} help={t("wecom.link.help")}>
        <Input
          id={`${id}-title`}
          value={draft.title}
          maxLength={60}
          onChange={(e) => onChange({ ...draft, title: e.target.value })}
        />
      </Field>
      <Field
        id={`${id}-url`}
        label={t("wecom.link.url")}
        wrong={looked && !fineLink(draft) ? t("wecom.link.wrong") : ""}
      >
        <Input
          id={`${id}-url`}
          value={draft.url}
          maxLength={2000}
          inputMode="url"
          spellCheck={false}
          onChange={(e) => onChange({ ...draft, url: e.target.value })}
        />
      </Field>
    </>
  );
}

function Welcome({ name }: { name: string }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(contactWelcome(community, name));
  // Here, because the form begins anew with every version.
  const save = useMutation({
    mutationFn: (body: ContactWelcome) => saveContactWelcome(community, name, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ["wecom"] }),
  });
  return (
    <Panel title={t("wecom.welcome.title")} note={t("wecom.welcome.note")}>
      {error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <>
          <WelcomeForm key={data.version} welcome={data} saving={save.isPending} onSave={save.mutate} />
          {save.error ? <Refused error={save.error} /> : null}
          <p role="status">{save.isSuccess ? t("wecom.saved") : ""}</p>
        </>
      )}
    </Panel>
  );
}

const mostWelcome = 3500; // bytes

interface WelcomeProps {
  welcome: ContactWelcome;
  saving: boolean;
  onSave: (w: ContactWelcome) => void;
}

function WelcomeForm({ welcome, saving, onSave }: WelcomeProps) {
  const { t } = useWords();
  const { may } = useHere();
  const id = useId();
  const [on, setOn] = useState(welcome.on);
  const [text, setText] = useState(welcome.text);
  const [link, setLink] = useState(draftOf(welcome.link));
  const [looked, setLooked] = useState(false);
  const empty = on && !text.trim() && !link.url.trim();
  const long = bytes(text) > mostWelcome;
  return (
    <div className={`${style.form} ${style.narrow}`}>
      <Toggle
        id={`${id}-on`}
        label={t("wecom.welcome.on")}
        help={t("wecom.welcome.onHelp")}
        on={on}
        disabled={!may("manage")}
        onChange={setOn}
      />
      <Field
        id={`${id}-text`}
        label={t("wecom.welcome.text")}
        help={t("wecom.welcome.textHelp", { n: bytes(text), most: mostWelcome })}
        wrong={
          looked && empty
            ? t("wecom.needed")
            : long
              ? t("wecom.welcome.long", { n: bytes(text), most: mostWelcome })
              : ""
        }
      >
        <Input.TextArea
          id={`${id}-text`}
          value={text}
          autoSize={{ minRows: 3, maxRows: 10 }}
          readOnly={!may("manage")}
          onChange={(e) => setText(e.target.value)}
        />
      </Field>
      <LinkFields id={`${id}-link`} draft={link} looked={looked} onChange={setLink} />
      <p className={style.note}>{t("wecom.welcome.limits")}</p>
      {may("manage") ? (
        <div className={style.links}>
          <Button
            type="primary"
            loading={saving}
            onClick={() => {
              setLooked(true);
              if (!empty && !long && fineLink(link)) onSave({ on, text, ...linkOf(link), version: welcome.version });
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function Templates({ name }: { name: string }) {
  const w = useWords();
  const { t } = w;
  const { community, may, zone } = useHere();
  const list = useQuery(greetings(community, name));
  const [open, setOpen] = useState<{ what: "edit" | "delete"; greeting?: Greeting }>();
  const close = () => setOpen(undefined);
  const add = may("manage") ? (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setOpen({ what: "edit" })}>
      {t("wecom.greetings.add")}
    </Button>
  ) : undefined;
  return (
    <ListPanel
      title={t("wecom.greetings.title")}
      note={t("wecom.greetings.note")}
      list={list}
      add={add}
      none={{ title: t("wecom.greetings.none"), teach: t("wecom.greetings.noneTeach") }}
      refused={Refused}
      sheets={
        <>
          {open?.what === "edit" ? <EditSheet name={name} greeting={open.greeting} onClose={close} /> : null}
          {open?.what === "delete" && open.greeting ? (
            <DeleteSheet
              title={t("wecom.greetings.deleteTitle")}
              teach={t("wecom.greetings.deleteTeach")}
              remove={() => deleteGreeting(community, name, open.greeting?.id ?? "", open.greeting?.version ?? 0)}
              onClose={close}
            />
          ) : null}
        </>
      }
    >
      {(all) => (
        <ul className={style.list}>
          {all.map((g) => (
            <li key={g.id} className={style.line}>
              <div className={style.words}>
                <p className={style.text}>{g.text}</p>
                {g.link ? (
                  <p className={style.soft}>
                    {g.link.title} · {g.link.url}
                  </p>
                ) : null}
                <p className={style.faint}>{t("wecom.codes.made", { at: w.when(g.created_at, zone) })}</p>
              </div>
              {may("manage") ? (
                <div className={style.acts}>
                  <Button size="small" onClick={() => setOpen({ what: "edit", greeting: g })}>
                    {t("wecom.edit")}
                  </Button>
                  <Button size="small" danger onClick={() => setOpen({ what: "delete", greeting: g })}>
                    {t("wecom.delete")}
                  </Button>
                </div>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </ListPanel>
  );
}

const mostTemplate = 3000; // bytes

function EditSheet({
  name,
  greeting: g,
  onClose,
}: {
  name: string;
  greeting: Greeting | undefined;
  onClose: () => void;
}) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const id = useId();
  const [text, setText] = useState(g?.text ?? "");
  const [link, setLink] = useState(draftOf(g?.link));
  const [notify, setNotify] = useState(true);
  const [looked, setLooked] = useState(false);
  const body = { text, ...linkOf(link), ...(g ? { version: g.version } : { notify }) };
  const save = useMutation({
    mutationFn: async () => {
      if (g) await changeGreeting(community, name, g.id, body);
      else await addGreeting(community, name, keys.of(body), body);
    },
    onSettled: (_, e) => keys.settle(e),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["wecom"] });
      onClose();
    },
  });
  const empty = !text.trim() && !link.url.trim();
  const long = bytes(text) > mostTemplate;
  return (
    <Sheet title={t(g ? "wecom.greetings.editTitle" : "wecom.greetings.add")} width={520} onClose={onClose}>
      <div className={style.form}>
        <Field
          id={`${id}-text`}
          label={t("wecom.greetings.text")}
          help={t("wecom.greetings.textHelp", { n: bytes(text), most: mostTemplate })}
          wrong={
            looked && empty
              ? t("wecom.needed")
              : long
                ? t("wecom.welcome.long", { n: bytes(text), most: mostTemplate })
                : ""
          }
        >
          <Input.TextArea
            id={`${id}-text`}
            value={text}
            autoSize={{ minRows: 4, maxRows: 12 }}
            onChange={(e) => setText(e.target.value)}
          />
        </Field>
        <LinkFields id={`${id}-link`} draft={link} looked={looked} onChange={setLink} />
        {g ? (
          <p className={style.note}>{t("wecom.greetings.editTeach")}</p>
        ) : (
          <Toggle
            id={`${id}-notify`}
            label={t("wecom.greetings.notify")}
            help={t("wecom.greetings.notifyHelp")}
            on={notify}
            onChange={setNotify}
          />
        )}
        {save.error ? <Refused error={save.error} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            loading={save.isPending}
            onClick={() => {
              setLooked(true);
              if (!empty && !long && fineLink(link)) save.mutate();
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
