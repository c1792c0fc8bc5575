-- Who waits for an answer of ours. Columns as in 00001.

-- +goose Up

-- A member's question, and what became of it. A record: a state is only ever left
-- for a later one.
CREATE TABLE waiting (
  community_id BIGINT NOT NULL,
  seq          BIGINT NOT NULL, -- of the message
  group_id     BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL, -- who asked
  at           BIGINT NOT NULL,
  due_at       BIGINT NOT NULL, -- when somebody is asked to answer
  state        TEXT   NOT NULL, -- waiting, tasked: there is a task; answered; void: taken back, or dropped
  task_id      BIGINT NOT NULL, -- 0: none
  answered_at  BIGINT NOT NULL, -- 0: not
  answer_seq   BIGINT NOT NULL, -- of the message that answered, 0: a person said that it is answered
  PRIMARY KEY (community_id, seq)
);
CREATE INDEX waiting_open ON waiting (community_id, group_id, seq) WHERE state IN ('waiting', 'tasked');
CREATE INDEX waiting_of ON waiting (community_id, group_id, at);

-- What staff said last in a group: a question that arrives after its answer finds it here.
CREATE TABLE staff_said (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  to_identity  BIGINT NOT NULL, -- 0: everybody
  PRIMARY KEY (community_id, group_id)
);

-- +goose Down
DROP TABLE staff_said;
DROP TABLE waiting;
