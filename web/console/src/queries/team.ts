import { answer, client } from "@qunying/api";
import type { KeyInput, Role } from "@qunying/api/model";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

// What the console asks about who works here; keys as in queries.ts.

const inCommunity = (community: string) => ({ params: { path: { community } } });

export const team = (community: string) =>
  queryOptions({
    queryKey: ["team", community],
    queryFn: () => answer(client.GET("/api/v1/communities/{community}/team", inCommunity(community))),
  });

export const invite = (community: string, body: { name: string; role: Role; groups?: number[] }) =>
  answer(client.POST("/api/v1/communities/{community}/invitations", { ...inCommunity(community), body }));

export const withdraw = (community: string, id: string) =>
  answer(
    client.POST("/api/v1/communities/{community}/invitations/withdraw", { ...inCommunity(community), body: { id } }),
  );

const ofStaff = (community: string, staff: number) => ({ params: { path: { community, staff } } });

export const changeStaff = (
  community: string,
  staff: number,
  body: { role?: Role; disabled?: boolean; groups?: number[] },
) => answer(client.PATCH("/api/v1/communities/{community}/staff/{staff}", { ...ofStaff(community, staff), body }));

export const passwordLink = (community: string, staff: number) =>
  answer(client.POST("/api/v1/communities/{community}/staff/{staff}/password-link", ofStaff(community, staff)));

export const dropSecondOf = (community: string, staff: number) =>
  answer(client.POST("/api/v1/communities/{community}/staff/{staff}/second-factor/drop", ofStaff(community, staff)));

export const makeKey = (community: string, body: KeyInput) =>
  answer(client.POST("/api/v1/communities/{community}/keys", { ...inCommunity(community), body }));

export const revokeKey = (community: string, key: number) =>
  answer(client.DELETE("/api/v1/communities/{community}/keys/{key}", { params: { path: { community, key } } }));

export interface AuditFilter {
  staff?: number | undefined;
  act?: string | undefined;
  q?: string | undefined;
}

/** The same in the page's address, and the days, both included. */
export interface AuditSearch extends AuditFilter {
  from?: string | undefined;
  to?: string | undefined;
}

export const audit = (community: string, query: AuditFilter & { from?: number; to?: number }) =>
  infiniteQueryOptions({
    queryKey: ["audit", community, query],
    queryFn: ({ pageParam }) =>
      answer(
        client.GET("/api/v1/communities/{community}/audit", {
          params: { path: { community }, query: { ...query, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });

export const invitation = (token: string) =>
  queryOptions({
    queryKey: ["invitation", token],
    queryFn: () => answer(client.POST("/api/v1/join/look", { body: { token } })),
    retry: false,
    enabled: token !== "",
  });

export const join = (body: { token: string; name?: string; password: string }) =>
  answer(client.POST("/api/v1/join", { body }));

export const account = queryOptions({
  queryKey: ["account"],
  queryFn: () => answer(client.GET("/api/v1/account")),
});

export const changePassword = (body: { password: string; new: string }) =>
  answer(client.POST("/api/v1/account/password", { body }));

export const beginSecond = (password: string) =>
  answer(client.POST("/api/v1/account/second-factor", { body: { password } }));

export const confirmSecond = (body: { token: string; code: string }) =>
  answer(client.PUT("/api/v1/account/second-factor", { body }));

export const dropSecond = (password: string) =>
  answer(client.POST("/api/v1/account/second-factor/drop", { body: { password } }));

export const endSignIns = (id?: string) =>
  answer(client.POST("/api/v1/account/sign-ins/end", { body: id ? { id } : {} }));
