package product

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Both texts stand in a difference whole and in their order, and lines that are
// called the same are.
func TestDifferenceHoldsBothTexts(t *testing.T) {
	t.Parallel()
	line := rapid.SampledFrom([]string{"a", "b", "c", "", "dd"})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(line, 1, 20).Draw(t, "a"), rapid.SliceOfN(line, 1, 20).Draw(t, "b")
		var before, after []string
		for _, r := range lines(strings.Join(a, "\n")+"\n", strings.Join(b, "\n")+"\n") {
			if r.OldNumber > 0 {
				before = append(before, r.Old)
			}
			if r.NewNumber > 0 {
				after = append(after, r.New)
			}
			if r.Side == ui.Same && r.Old != r.New {
				t.Fatalf("%q and %q are not the same", r.Old, r.New)
			}
		}
		if !slices.Equal(a, before) || !slices.Equal(b, after) {
			t.Fatalf("%q and %q become %q and %q", a, b, before, after)
		}
	})
}

func TestDifferenceIsSmall(t *testing.T) {
	t.Parallel()
	rows := lines("one\ntwo\nthree\nfour", "one\n2\nthree\nfour\nfive")
	var sides []ui.Side
	for _, r := range rows {
		sides = append(sides, r.Side)
	}
	want := []ui.Side{ui.Same, ui.Changed, ui.Same, ui.Same, ui.Added}
	if !slices.Equal(sides, want) {
		t.Errorf("%q", sides)
	}
}

// Texts that are too long to be compared line by line are still shown, in
// bounded time.
func TestDifferenceIsBounded(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("a\n", 50_000), strings.Repeat("b\n", 50_000)
	if rows := lines(a, b); len(rows) != 50_000 {
		t.Errorf("%d rows", len(rows))
	}
	if rows := around(lines(strings.Repeat("x\n", 1000)+"a", strings.Repeat("x\n", 1000)+"b"), 3); len(rows) != 4 {
		t.Errorf("%d rows around one change", len(rows))
	}
}

// Fields of thousands are shown by pages, and found by what they say.
func TestFiveThousandFields(t *testing.T) {
	t.Parallel()
	v := fieldsOf(storyKnown(), storyFields(5000), nil, storyMe(), storyNow())
	v.narrow("", "201")
	if len(v.Rows) != fieldsPage || v.First != 201 || v.Total != 5000 || v.Next == "" || v.Prev == "" {
		t.Errorf("%d rows from %d of %d", len(v.Rows), v.First, v.Total)
	}
	v = fieldsOf(storyKnown(), storyFields(5000), nil, storyMe(), storyNow())
	v.narrow("FIELD4999", "")
	if len(v.Rows) != 1 || v.Next != "" {
		t.Errorf("%d rows hold field4999", len(v.Rows))
	}
	v = fieldsOf(storyKnown(), storyFields(3), nil, storyMe(), storyNow())
	v.narrow("nothing-of-this", "99999")
	if len(v.Rows) != 0 || v.Total != 0 {
		t.Errorf("%d rows", len(v.Rows))
	}
}

// One looks at the fields of one sensitivity, and sees which there are.
func TestFieldsOfASensitivity(t *testing.T) {
	t.Parallel()
	v := Fields{Head: Head{Name: "edge.pageviews"}, Rows: []FieldRow{{Path: "userid", Classification: "personal"}, {Path: "pageid", Classification: "public"}, {Path: "at"}}}
	v.sensitive("personal", "user")
	v.narrow("user", "")
	if len(v.Rows) != 1 || v.Rows[0].Path != "userid" {
		t.Errorf("kept %+v", v.Rows)
	}
	var got []string
	for _, c := range v.Classes {
		got = append(got, c.Text+" "+c.Count+" "+c.Href)
	}
	want := []string{"all 3 /products/edge.pageviews/fields?q=user", "public 1 /products/edge.pageviews/fields?class=public&q=user", "personal 1 /products/edge.pageviews/fields?class=personal&q=user"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The pages before and after the newest ask for just what they show.
func TestPagesOfTheNewest(t *testing.T) {
	t.Parallel()
	q := question{columns: []string{"userid"}}
	read, newest := q.read()
	if !newest || read.From != "" || read.Newest != 50 || read.Limit != 0 {
		t.Errorf("the newest: %+v", read)
	}
	v := recordsOf(storyKnown(), question{}, storyFields(3), storyRecords(50), storyMe(), storyNow())
	if v.Older != "/products/edge.pageviews/records?until=0%3A100%2C1%3A80" || v.Newer != "" {
		t.Errorf("older %s, newer %s", v.Older, v.Newer)
	}
	read, newest = question{until: "0:100,1:80"}.read()
	if !newest || read.Newest != 50 || read.Until != "0:100,1:80" {
		t.Errorf("the page before: %+v", read)
	}
	same := sameRead("edge.pageviews", question{until: "0:100,1:80"}, read, "0:80,1:50,*")[0]
	if same.Command != "weir read edge.pageviews --from '0:80,1:50' --until '0:100,1:80' -n 50" || !strings.Contains(same.Path, "newest=50&until=") {
		t.Errorf("the same elsewhere: %+v", same)
	}
	if v.Rows[3].Error == "" || !strings.Contains(v.Rows[3].Bytes, "00 00 00 00 63 02") {
		t.Errorf("a record that cannot be decoded is %+v", v.Rows[3])
	}
}
