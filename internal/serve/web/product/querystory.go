package product

import (
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// storyQuery is a query that runs.
func storyQuery() client.Query {
	now := storyNow()
	return client.Query{
		Name: "edge.page-counts", Domain: "edge", Team: "edge", Application: "query-edge-page-counts-1f0c2a", Inputs: []string{"edge.pageviews"},
		Statement: "SELECT pageid, count(*) AS views, max(userid) AS last_user, window_start\nFROM TUMBLE(edge.pageviews, viewtime, INTERVAL '1' MINUTE)\nGROUP BY pageid, window_start",
		State:     "running", Run: 1, OnFailure: "aside", Aside: "edge._private.page-counts-aside", Epoch: "200ms", Lifecycle: "proposed", Revision: 7, Created: now.Add(-3 * 24 * time.Hour),
		Status: &client.QueryStatus{
			Running: true, Since: now.Add(-26 * time.Hour), RowsIn: 1_204_113, RowsOut: 48_212, Lag: 12, Late: 3, Watermark: now.Add(-9 * time.Second), State: 1_310_720, Epoch: 91, EpochTime: "3.214ms", Busy: "1m31.2s",
		},
		Result: &client.QueryResult{
			Inputs: []string{"edge.pageviews"}, Key: []string{"pageid", "window_start"}, Mode: "append", Kind: "stream", Encoding: "avro", KeyEncoding: "json", Depth: 1,
			Plan:   "project pageid, views, last_user, window_start\n  group by pageid, window_start\n    window 1m\n      scan edge.pageviews: pageid, userid, viewtime",
			Schema: []client.QueryColumn{{Name: "pageid", Type: "TEXT"}, {Name: "views", Type: "BIGINT"}, {Name: "last_user", Type: "TEXT", Nullable: true, Classification: "personal"}, {Name: "window_start", Type: "TIMESTAMPTZ"}},
			Lineage: []client.QueryLineage{
				{Column: "pageid", Product: "edge.pageviews", Field: "pageid", Direct: true}, {Column: "last_user", Product: "edge.pageviews", Field: "userid", Direct: true, Masked: "sha256"},
				{Column: "views", Product: "edge.pageviews", Field: "pageid"}, {Column: "views", Product: "hidden.thing", Field: "viewtime"}, {Column: "window_start", Product: "edge.pageviews", Field: "viewtime", Direct: true},
			},
		},
	}
}

// storyStopped is one that Weir stopped, with the longest of everything.
func storyStopped() client.Query {
	q := storyQuery()
	q.State, q.Why, q.OnFailure, q.AtEnd = "stopped", "application query-edge-page-counts-1f0c2a may not read edge.pageviews; allow it again: weir access allow edge.pageviews --app query-edge-page-counts-1f0c2a", "stop", true
	q.Statement = "SELECT " + strings.Repeat("'<script>alert(1)</script>' || ", 60) + "'' AS a\nFROM edge.pageviews"
	q.Inputs = []string{strings.Repeat("d", 63) + "." + strings.Repeat("n", 63), "edge._private.clicks"}
	q.Result, q.Problem = nil, "1:8: there is no product edge.pageviews"
	q.Status.Running, q.Status.Error, q.Status.Watermark = false, "the cluster does not answer", time.Time{}
	return q
}

// storyAnew is one that was not run since the node started.
func storyAnew() client.Query {
	q := storyQuery()
	q.State, q.Status, q.Inputs = "paused", nil, nil
	return q
}

func storyQueryPage(q client.Query, me site.Person, refusal *client.Problem) func() site.Answer {
	return func() site.Answer {
		k := storyKnown()
		k.product.Name, k.product.Query, k.product.Type = q.Name, q.Name, "aggregate"
		v := queryOf(k, q, me, storyNow())
		if q.Status != nil && q.Status.Aside > 0 {
			v.Failures = storyFailures(q)
		}
		v.Problem, v.Seen = refusal, "" // no query is behind a story
		return site.Answer{Title: "Query of " + q.Name, Tab: site.Explore, Body: queryPage(v, storyNow()), Same: sameQuery(v)}
	}
}

// storyFailing is one that set records aside.
func storyFailing() client.Query {
	q := storyQuery()
	q.Lifecycle, q.Status.Aside = "active", 412
	return q
}

func storyFailures(q client.Query) QueryFailures {
	f := QueryFailures{Stream: q.Aside, Count: q.Status.Aside + q.Status.Late}
	for i := range maxFailures {
		f.All = append(f.All, QueryFailure{Place: "edge.pageviews 0:" + strconv.Itoa(900-i), Href: at("edge.pageviews", "records/0/1"), Step: "compute", Reason: "1:9: division by zero", At: storyNow().Add(-time.Minute)})
	}
	return f
}

func storyQueryEnd(v QueryEnd) func() site.Answer {
	return func() site.Answer {
		v.Head = head(storyKnown(), storyMe(), partQuery, storyNow())
		return site.Answer{Title: "Remove the query of " + v.Name, Tab: site.Explore, Body: queryEndPage(v), Same: removeSame(v.Name, v.Destroy)}
	}
}
