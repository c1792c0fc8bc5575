package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measures are the server's own metrics.
type measures struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	streams  prometheus.Gauge
}

func newMeasures(to *prometheus.Registry) (*measures, error) {
	m := &measures{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "qunying_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "qunying_http_request_seconds", Help: "Time to answer, by route; event streams count whole.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10},
		}, []string{"route"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "qunying_event_streams", Help: "Event streams that are open.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.streams} {
		if err := to.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

var knownMethods = map[string]bool{get: true, post: true, put: true, patch: true, del: true, "HEAD": true, "OPTIONS": true}

// answered counts a request. Only routes and methods that we know become labels.
func (m *measures) answered(method, route string, status int, took time.Duration) {
	if !knownMethods[method] {
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}
