package main

import (
	"context"
	"encoding/json"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/automation"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// What groups inherit from their sets and the community.

func (c *console) Welcome(ctx context.Context, id community.ID, of api.Scope) (api.WelcomeAnswer, error) {
	return c.answers.Welcome(ctx, id, of)
}

// typedWelcome is what is saved of a greeting: what is left out is inherited.
type typedWelcome struct {
	On   *bool   `json:"on,omitempty"`
	Text *string `json:"text,omitempty"`
}

func (c *console) SaveWelcome(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, w api.Welcome) (api.WelcomeAnswer, error) {
	typed := typedWelcome{On: w.On, Text: w.Text}
	if err := c.checkWelcome(ctx, id, of, typed); err != nil {
		return api.WelcomeAnswer{}, err
	}
	if err := c.saveScoped(ctx, id, of, automation.WelcomeKey, typed, w.Version, by); err != nil {
		return api.WelcomeAnswer{}, err
	}
	return c.answers.Welcome(ctx, id, of)
}

// checkWelcome refuses a greeting that would not hold together with what is
// inherited.
func (c *console) checkWelcome(ctx context.Context, id community.ID, of api.Scope, typed typedWelcome) error {
	text, err := json.Marshal(typed)
	if err != nil {
		return err
	}
	return c.db.Read(ctx, func(q store.Querier) error {
		layers, own, err := answers.LayersOf(ctx, q, id, of, automation.WelcomeKey)
		if err != nil {
			return err
		}
		if own != nil {
			layers = layers[1:]
		}
		value, _, err := store.Inherit(append([]store.Layer{{Setting: store.Setting{Value: string(text)}}}, layers...))
		if err != nil {
			return err
		}
		var w automation.Welcome
		if err := json.Unmarshal(value, &w); err != nil {
			return err
		}
		return w.Check()
	})
}

// inherited reads a setting for a group, a set or the community: its layers, the
// nearest first, and whose each field is. What was saved there itself is shown with
// its version, if anything was.
func inherited[T any](ctx context.Context, q store.Querier, id community.ID, of api.Scope, key string, show func(saved T, version int64)) (layers []store.Layer, from map[string]api.SourceView, err error) {
	layers, own, err := answers.LayersOf(ctx, q, id, of, key)
	if err != nil {
		return nil, nil, err
	}
	if own != nil {
		var saved T
		if err := json.Unmarshal([]byte(own.Value), &saved); err != nil {
			return nil, nil, err
		}
		show(saved, own.Version)
	}
	from, err = answers.SourcesOf(layers)
	return layers, from, err
}

// saveScoped saves a setting of a group, a set or the community.
func (c *console) saveScoped(ctx context.Context, id community.ID, of api.Scope, key string, value any, based int64, by community.StaffID) error {
	if of.Set == 0 {
		return c.engine.SaveSetting(ctx, id, of.Group, key, value, based, by)
	}
	return c.engine.SaveSetting(ctx, id, 0, store.SetKey(of.Set, key), value, based, by)
}

func (c actions) Delivery(ctx context.Context, id community.ID, of api.Scope) (a api.DeliveryAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		layers, from, err := inherited(ctx, q, id, of, engine.DeliveryKey, func(saved engine.Delivery, version int64) {
			a.Delivery = deliveryView(saved)
			a.Delivery.Version = version
		})
		if err != nil {
			return err
		}
		all, _ := engine.DeliveryIn(layers)
		a.InForce = deliveryView(all)
		a.InForce.Paused = &all.Paused
		a.From = from
		return nil
	})
	return a, err
}

func deliveryView(d engine.Delivery) api.DeliveryView {
	v := api.DeliveryView{Spread: d.Spread, PerGroup: d.PerGroup, SameSeconds: d.Same, Touches: d.Fatigue, TaskMinutes: d.Task, OrderMinutes: d.ModerateTask}
	for _, class := range d.QuietFor {
		v.QuietFor = append(v.QuietFor, string(class))
	}
	if d.Paused {
		v.Paused = &d.Paused
	}
	if d.QuietFrom != "" {
		v.QuietFrom = &d.QuietFrom
	}
	if d.QuietTo != "" {
		v.QuietTo = &d.QuietTo
	}
	return v
}

func (c actions) SaveDelivery(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.DeliveryView) (api.DeliveryAnswer, error) {
	if _, err := c.Delivery(ctx, id, of); err != nil { // there is no such group or set
		return api.DeliveryAnswer{}, err
	}
	d := engine.Delivery{Paused: v.Paused != nil && *v.Paused, QuietFrom: textOr(v.QuietFrom), QuietTo: textOr(v.QuietTo),
		Spread: v.Spread, PerGroup: v.PerGroup, Same: v.SameSeconds, Fatigue: v.Touches, Task: v.TaskMinutes, ModerateTask: v.OrderMinutes}
	for _, class := range v.QuietFor {
		d.QuietFor = append(d.QuietFor, community.Class(class))
	}
	if err := d.Check(); err != nil {
		return api.DeliveryAnswer{}, err
	}
	if err := c.saveScoped(ctx, id, of, engine.DeliveryKey, d, v.Version, by); err != nil {
		return api.DeliveryAnswer{}, err
	}
	c.engine.Prod()
	return c.Delivery(ctx, id, of)
}

func textOr(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
