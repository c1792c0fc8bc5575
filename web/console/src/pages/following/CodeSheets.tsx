import type { SceneCode } from "@qunying/api/model";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { type ReactNode, useId, useState } from "react";
import { addSceneCode, changeSceneCode, forgetSceneCode } from "../../queries/following.ts";
import { useKeys } from "../../queries/key.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { Field, Toggle } from "../wecom/Field.tsx";
import style from "../wecom/WeCom.module.css";
import { Refused } from "./Refused.tsx";

const days = [0, 1, 7, 30] as const; // 0 is for ever
const longestName = 60;
const longestScene = 64; // WeChat's

function Lasting({ id, value, onChange }: { id: string; value: number; onChange: (days: number) => void }) {
  const { t } = useWords();
  return (
    <Field id={id} label={t("following.codes.lasts")} help={t("following.codes.lastsHelp")}>
      <Select
        id={id}
        aria-label={t("following.codes.lasts")}
        value={value}
        onChange={onChange}
        options={days.map((d) => ({ value: d, label: t(`following.codes.days.${d}`) }))}
      />
    </Field>
  );
}

function Feet({
  busy,
  danger,
  words,
  onGo,
  onClose,
}: {
  busy: boolean;
  danger?: boolean;
  words: ReactNode;
  onGo: () => void;
  onClose: () => void;
}) {
  const { t } = useWords();
  return (
    <div className={style.links}>
      <Button onClick={onClose}>{t("action.cancel")}</Button>
      <Button type="primary" danger={danger ?? false} loading={busy} onClick={onGo}>
        {words}
      </Button>
    </div>
  );
}

/** Asks what a new code is for. */
export function NewCode({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const id = useId();
  const [title, setTitle] = useState("");
  const [scene, setScene] = useState("");
  const [lasts, setLasts] = useState(0);
  const [looked, setLooked] = useState(false);
  const body = { name: title.trim(), days: lasts, ...(scene.trim() ? { scene: scene.trim() } : {}) };
  const save = useMutation({
    mutationFn: () => addSceneCode(community, name, keys.of(body), body),
    onSettled: (_, e) => keys.settle(e),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["following"] });
      onClose();
    },
  });
  return (
    <Sheet title={t("following.codes.add")} width={520} onClose={onClose}>
      <div className={style.form}>
        <Field
          id={`${id}-name`}
          label={t("following.codes.name")}
          help={t("following.codes.nameHelp")}
          wrong={looked && !body.name ? t("following.needed") : ""}
        >
          <Input id={`${id}-name`} value={title} maxLength={longestName} onChange={(e) => setTitle(e.target.value)} />
        </Field>
        <Lasting id={`${id}-days`} value={lasts} onChange={setLasts} />
        <Field id={`${id}-scene`} label={t("following.codes.sceneLabel")} help={t("following.codes.sceneHelp")}>
          <Input id={`${id}-scene`} value={scene} maxLength={longestScene} onChange={(e) => setScene(e.target.value)} />
        </Field>
        {save.error ? <Refused error={save.error} /> : null}
        <Feet
          busy={save.isPending}
          words={t("action.save")}
          onGo={() => {
            setLooked(true);
            if (body.name) save.mutate();
          }}
          onClose={onClose}
        />
      </div>
    </Sheet>
  );
}

interface Props {
  name: string;
  code: SceneCode;
  onClose: () => void;
}

/** Gives a code another name, or makes it anew for another while. */
export function EditCode({ name, code: c, onClose }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [title, setTitle] = useState(c.name);
  const [renew, setRenew] = useState(c.until > 0 && c.until <= Date.now());
  const [lasts, setLasts] = useState(0);
  const fine = title.trim() !== "";
  const save = useMutation({
    mutationFn: () =>
      changeSceneCode(community, name, c.id, {
        name: title.trim(),
        version: c.version,
        ...(renew ? { renew, days: lasts } : {}),
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["following"] });
      onClose();
    },
  });
  return (
    <Sheet title={t("following.codes.editTitle", { name: c.name })} width={520} onClose={onClose}>
      <div className={style.form}>
        <Field id={`${id}-name`} label={t("following.codes.name")} wrong={fine ? "" : t("following.needed")}>
          <Input id={`${id}-name`} value={title} maxLength={longestName} onChange={(e) => setTitle(e.target.value)} />
        </Field>
        <Toggle
          id={`${id}-renew`}
          label={t("following.codes.renew")}
          help={t("following.codes.renewHelp")}
          on={renew}
          onChange={setRenew}
        />
        {renew ? <Lasting id={`${id}-days`} value={lasts} onChange={setLasts} /> : null}
        {save.error ? <Refused error={save.error} /> : null}
        <Feet
          busy={save.isPending}
          words={t("action.save")}
          onGo={() => {
            if (fine) save.mutate();
          }}
          onClose={onClose}
        />
      </div>
    </Sheet>
  );
}

/** Asks before a code is taken off the list: WeChat takes none back. */
export function ForgetCode({ name, code: c, onClose }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const go = useMutation({
    mutationFn: () => forgetSceneCode(community, name, c.id, c.version),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["following"] });
      onClose();
    },
  });
  return (
    <Sheet title={t("following.codes.forgetTitle", { name: c.name })} width={440} onClose={onClose}>
      <div className={style.form}>
        <p>{t("following.codes.forgetTeach")}</p>
        {go.error ? <Refused error={go.error} /> : null}
        <Feet
          busy={go.isPending}
          danger
          words={t("following.codes.forget")}
          onGo={() => go.mutate()}
          onClose={onClose}
        />
      </div>
    </Sheet>
  );
}
