package create

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

func stories() []site.Story {
	inputs := []Input{{"edge.pageviews", "stream", "What users look at"}, {"membership.users", "table", "Who is a member"}}
	sql := "SELECT p.userid, u.regionid\nFROM edge.pageviews p JOIN membership.users u ON u.userid = p.userid\nWHERE p.duration > 10"
	typed := url.Values{"statement": {sql}, "name": {"edge.long-views"}}
	all := map[string]View{
		"empty":      {Teams: true, Typed: url.Values{}},
		"first":      {Teams: true, Typed: url.Values{}, Inputs: inputs, Examples: examples()},
		"no-team":    {Typed: url.Values{}, Inputs: inputs},
		"many":       {Teams: true, Typed: typed, Inputs: many(), More: true, Preview: made(sql, 100)},
		"preview":    {Teams: true, Typed: typed, Inputs: inputs, Preview: made(sql, 3)},
		"no-rows":    {Teams: true, Typed: typed, Inputs: inputs, Preview: made(sql, 0)},
		"failing":    {Teams: true, Typed: typed, Inputs: inputs, Preview: failing(sql)},
		"wrong":      {Teams: true, Typed: typed, Inputs: inputs, Preview: &Preview{Statement: sql, Problem: &client.Problem{Status: 400, Where: "3:7", Detail: "there is no column duration", Fix: "did you mean viewtime?"}}},
		"no-rights":  {Teams: true, Typed: typed, Inputs: inputs, Preview: &Preview{Statement: sql, Problem: &client.Problem{Status: 403, Detail: "person ann may not read membership.users", Fix: "weir access request membership.users --app APP"}}},
		"refused":    {Teams: true, Typed: typed, Inputs: inputs, Preview: made(sql, 3), Problem: &client.Problem{Status: 409, Where: "name", Detail: "there is a product edge.long-views already", Fix: "choose another name, or make edge.long-views.v2"}},
		"long-names": {Teams: true, Typed: typed, Inputs: []Input{{strings.Repeat("d", 63) + "." + strings.Repeat("n", 63), "stream", strings.Repeat("long ", 100)}}, Preview: made(sql, 1)},
	}
	var out []site.Story
	for name, v := range all {
		out = append(out, site.Story{Name: "create/" + name, Answer: func() site.Answer { return answer(v) }})
	}
	return out
}

func examples() []client.QueryExample {
	return []client.QueryExample{
		{Name: "long-views", Product: "edge.long-views", Title: "Long views", Text: "Who looks at a page for long.", Shows: "WHERE", Inputs: []string{"edge.pageviews"}, Ready: true, Statement: "SELECT userid FROM edge.pageviews"},
		{Name: "gone", Product: "shop.gone", Title: strings.Repeat("Long title ", 10), Text: "It needs what is not there.", Shows: "a join", Inputs: []string{"shop.orders"}, Missing: []string{"shop.orders"}, Statement: "SELECT 1 FROM shop.orders"},
	}
}

func many() []Input {
	var out []Input
	for i := range maxInputs {
		out = append(out, Input{fmt.Sprintf("edge.product-%03d", i), "stream", "One of many"})
	}
	return out
}

func made(sql string, rows int) *Preview {
	p := &Preview{Statement: sql, Took: 430 * time.Millisecond, Result: &client.QueryPreview{Read: 2000, Bytes: 180_000, Took: "3.214ms", QueryResult: client.QueryResult{
		Inputs: []string{"edge.pageviews", "membership.users"}, SchemaText: `{"type":"record","name":"LongViews","fields":[{"name":"userid","type":"string"}]}`, Mode: "append", Kind: "stream", Encoding: "avro", KeyEncoding: "string", Depth: 3, Key: []string{"userid"},
		Schema: []client.QueryColumn{{Name: "userid", Type: "text", Classification: "personal"}, {Name: "regionid", Type: "text", Nullable: true}, {Name: "n", Type: "bigint"}},
		Lineage: []client.QueryLineage{
			{Column: "userid", Product: "edge.pageviews", Field: "userid", Direct: true}, {Column: "regionid", Product: "membership.users", Field: "regionid", Direct: true},
			{Column: "regionid", Product: "edge.pageviews", Field: "userid"}, {Column: "userid", Product: "edge.pageviews", Field: "userid"},
		},
	}}}
	for i := range rows {
		p.Result.Rows = append(p.Result.Rows, json.RawMessage(fmt.Sprintf(`{"userid":"User_%d","regionid":null,"n":%d}`, i, i*1000)))
	}
	return p
}

func failing(sql string) *Preview {
	p := made(sql, 2)
	p.Result.FailedMore = 431
	for i := range 12 {
		p.Result.Failed = append(p.Result.Failed, client.QueryFault{Product: "edge.pageviews", Offset: int64(i), Reason: "1:9: division by zero"})
	}
	return p
}
