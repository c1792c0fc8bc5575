import type { Role } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { invitation, join } from "../../queries/team.ts";
import { session } from "../../queries.ts";
import { Failed, Loading } from "../../ui/states.tsx";
import style from "./Entry.module.css";
import { Entry } from "./Entry.tsx";

const shortest = 10; // characters of a password

/** Whoever holds an invitation chooses a name and a password; a link for a new password only the latter. */
export function JoinPage() {
  const { t } = useTranslation();
  const { token } = useSearch({ from: "/join" });
  const what = useQuery(invitation(token ?? ""));
  const client = useQueryClient();
  const navigate = useNavigate();
  const enter = useMutation({
    mutationFn: (v: { name?: string; password: string }) => join({ ...v, token: token ?? "" }),
    onSuccess: (answer) => {
      client.setQueryData(session.queryKey, answer);
      void navigate(answer.staff ? { to: "/groups", search: {} } : { to: "/sign-in", search: {} });
    },
  });
  const refusal = (error: unknown) => {
    const problem = asProblem(error);
    if (problem.code === "not_found") return { code: "", message: t("join.used"), hint: t("join.usedHint") };
    if (problem.code === "conflict") return { code: "", message: t("join.taken"), hint: t("join.takenHint") };
    return problem;
  };
  if (!token || what.error) {
    return (
      <Entry title={t("join.title")} teach="">
        <Failed
          trouble={token ? refusal(what.error) : { code: "", message: t("join.noToken"), hint: t("join.noTokenHint") }}
        />
      </Entry>
    );
  }
  if (!what.data) {
    return (
      <Entry title={t("join.title")} teach="">
        <Loading rows={3} />
      </Entry>
    );
  }
  const { reset, name, role } = what.data;
  return (
    <Entry
      title={t(reset ? "join.resetTitle" : "join.title")}
      teach={reset ? t("join.resetTeach", { name }) : t("join.teach", { role: t(`role.${role as Role}`) })}
    >
      <Form layout="vertical" requiredMark={false} onFinish={(v) => enter.mutate(v)} disabled={enter.isPending}>
        {enter.error ? (
          <div className={style.failed}>
            <Failed trouble={refusal(enter.error)} />
          </div>
        ) : null}
        {reset ? null : (
          <Form.Item name="name" label={t("field.name")} rules={[{ required: true, message: t("field.nameNeeded") }]}>
            <Input autoComplete="username" autoFocus size="large" maxLength={64} />
          </Form.Item>
        )}
        <Form.Item
          name="password"
          label={t("field.password")}
          extra={t("field.passwordExtra", { n: shortest })}
          rules={[{ required: true, min: shortest, message: t("field.passwordShort", { n: shortest }) }]}
        >
          <Input.Password autoComplete="new-password" size="large" maxLength={256} />
        </Form.Item>
        <Button type="primary" htmlType="submit" size="large" block loading={enter.isPending}>
          {t(reset ? "join.save" : "join.go")}
        </Button>
      </Form>
    </Entry>
  );
}
