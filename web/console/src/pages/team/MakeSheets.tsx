import type { KeyInput, Role } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Input, InputNumber, Radio } from "antd";
import { useId, useState } from "react";
import { invite, makeKey } from "../../queries/team.ts";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { GroupChoice } from "./GroupChoice.tsx";
import style from "./Team.module.css";

interface InviteProps {
  roles: Role[];
  onMade: (path: string) => void;
  onClose: () => void;
}

/** Makes a link that lets somebody in. */
export function InviteSheet({ roles, onMade, onClose }: InviteProps) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [groups, setGroups] = useState<number[]>([]);
  const [looked, setLooked] = useState(false);
  const make = useMutation({
    mutationFn: () => invite(community, { name: name.trim(), role, groups: role === "owner" ? [] : groups }),
    onSuccess: async (a) => {
      await client.invalidateQueries({ queryKey: ["team"] });
      onMade(a.path);
      onClose();
    },
  });
  const wrong = looked && name.trim() === "";
  return (
    <Sheet title={t("team.inviteTitle")} width={440} onClose={onClose}>
      <div className={style.form}>
        <div className={style.field}>
          <label htmlFor={`${id}-name`}>{t("team.for_")}</label>
          <Input
            id={`${id}-name`}
            value={name}
            maxLength={64}
            status={wrong ? "error" : undefined}
            aria-describedby={`${id}-help`}
            onChange={(e) => setName(e.target.value)}
          />
          <p id={`${id}-help`} className={wrong ? style.wrong : style.faint}>
            {wrong ? t("team.nameNeeded") : t("team.forHelp")}
          </p>
        </div>
        <fieldset className={style.field}>
          <legend>{t("team.role")}</legend>
          <Radio.Group value={role} onChange={(e) => setRole(e.target.value)} className={style.form}>
            {roles.map((r) => (
              <Radio key={r} value={r}>
                {t(`role.${r}`)} <span className={style.faint}>{t(`roleTeach.${r}`)}</span>
              </Radio>
            ))}
          </Radio.Group>
        </fieldset>
        {role === "owner" ? null : <GroupChoice id={`${id}-groups`} chosen={groups} onChange={setGroups} />}
        {make.error ? <Failed trouble={asProblem(make.error)} /> : null}
        <div className={style.acts}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            loading={make.isPending}
            onClick={() => {
              setLooked(true);
              if (name.trim()) make.mutate();
            }}
          >
            {t("team.make")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

interface KeyProps {
  scopes: string[];
  onMade: (key: string) => void;
  onClose: () => void;
}

/** Makes a key for a program. */
export function KeySheet({ scopes, onMade, onClose }: KeyProps) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>(["read"]);
  const [days, setDays] = useState(90);
  const [looked, setLooked] = useState(false);
  const make = useMutation({
    mutationFn: () => makeKey(community, { name: name.trim(), scopes: chosen as KeyInput["scopes"], days }),
    onSuccess: async (a) => {
      await client.invalidateQueries({ queryKey: ["team"] });
      onMade(a.key);
      onClose();
    },
  });
  const wrong = looked && name.trim() === "";
  return (
    <Sheet title={t("team.keyTitle")} width={440} onClose={onClose}>
      <div className={style.form}>
        <div className={style.field}>
          <label htmlFor={`${id}-name`}>{t("team.keyName")}</label>
          <Input
            id={`${id}-name`}
            value={name}
            maxLength={64}
            status={wrong ? "error" : undefined}
            onChange={(e) => setName(e.target.value)}
          />
          {wrong ? <p className={style.wrong}>{t("team.nameNeeded")}</p> : null}
        </div>
        <fieldset className={style.field}>
          <legend>{t("team.scopes")}</legend>
          <Checkbox.Group
            value={chosen}
            onChange={setChosen}
            className={style.form}
            options={scopes.map((s) => ({ value: s, label: t(`team.scope.${s as "read"}`) }))}
          />
          {looked && chosen.length === 0 ? <p className={style.wrong}>{t("team.scopeNeeded")}</p> : null}
        </fieldset>
        <div className={style.field}>
          <label htmlFor={`${id}-days`}>{t("team.days")}</label>
          <InputNumber
            id={`${id}-days`}
            min={1}
            max={3650}
            precision={0}
            value={days}
            onChange={(n) => setDays(n ?? 90)}
          />
        </div>
        {make.error ? <Failed trouble={asProblem(make.error)} /> : null}
        <div className={style.acts}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            loading={make.isPending}
            onClick={() => {
              setLooked(true);
              if (name.trim() && chosen.length > 0) make.mutate();
            }}
          >
            {t("team.addKey")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
