package wechaty

import "time"

// fresh is how long a payload that was read is believed: not all gateways tell
// when one is out of date.
const fresh = time.Hour

// cache keeps at least most/2 and at most most values, the newest. It forgets in
// two generations: what was read since the younger one began outlives it.
type cache[K comparable, V any] struct {
	most       int
	young, old map[K]kept[V]
}

type kept[V any] struct {
	value V
	at    time.Time
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{most: most, young: map[K]kept[V]{}, old: map[K]kept[V]{}}
}

// get finds a value that was put at most fresh before now.
func (c *cache[K, V]) get(k K, now time.Time) (V, bool) {
	x, ok := c.young[k]
	if !ok {
		if x, ok = c.old[k]; ok {
			c.keep(k, x)
		}
	}
	if !ok || now.Sub(x.at) > fresh {
		var none V
		return none, false
	}
	return x.value, true
}

func (c *cache[K, V]) put(k K, v V, now time.Time) { c.keep(k, kept[V]{v, now}) }

func (c *cache[K, V]) keep(k K, x kept[V]) {
	if len(c.young) >= c.most/2 {
		c.old, c.young = c.young, map[K]kept[V]{}
	}
	c.young[k] = x
}

// peek finds a value however old it is.
func (c *cache[K, V]) peek(k K) (V, bool) {
	x, ok := c.young[k]
	if !ok {
		x, ok = c.old[k]
	}
	return x.value, ok
}

// expire makes the values of the keys that fit be read again.
func (c *cache[K, V]) expire(fits func(K) bool) {
	for _, m := range []map[K]kept[V]{c.young, c.old} {
		for k, x := range m {
			if fits(k) {
				m[k] = kept[V]{value: x.value}
			}
		}
	}
}
