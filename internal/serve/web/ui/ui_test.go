package ui_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

func drawn(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]string{
		0: "0", 7: "7", 999: "999", 999.4: "999", 999.6: "1 k", 1000: "1 k", 1234: "1.23 k", 12_345: "12.3 k", 999_499: "999 k", 999_999: "1 M",
		1_204_113: "1.2 M", 35e6: "35 M", 9.999e9: "10 G", 4e12: "4 T", 8e15: "8000 T", -1500: "-1.5 k", 0.4: "0.4", 0.001: "0", 12.5: "12.5",
	} {
		if got := ui.ShortNumber(n); got != want {
			t.Errorf("%v is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1 KB", 1_500_000: "1.5 MB", 2_000_000_000: "2 GB", 999_999: "1 MB"} {
		if got := ui.ShortBytes(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1_204_113: "1,204,113", -1234: "-1,234"} {
		if got := ui.Exact(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "now", 2 * time.Second: "2 s ago", 59 * time.Second: "59 s ago", 3 * time.Minute: "3 min ago", 47 * time.Hour: "47 h ago",
		48 * time.Hour: "2 days ago", 40 * 24 * time.Hour: "12 Oct 2026", -2 * time.Hour: "in 2 h",
	} {
		if got := ui.Ago(now.Add(-d), now); got != want {
			t.Errorf("%s ago is %q, want %q", d, got, want)
		}
	}
	got := drawn(t, ui.Time(now.Add(-3*time.Minute), now))
	if !strings.Contains(got, `title="2026-11-21 11:57:00.000 UTC"`) || !strings.Contains(got, "3 min ago") {
		t.Errorf("the time is %s", got)
	}
	if got := drawn(t, ui.Time(time.Time{}, now)); !strings.Contains(got, "never") {
		t.Errorf("no time is %s", got)
	}
}

// TestMarkdownDoesNoHarm: HTML, scripts, and links and pictures that would run
// or fetch something.
func TestMarkdownDoesNoHarm(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<b>)",
		"![x](https://evil.example/pixel.png)", "<a href='javascript:x'>x</a>", "<style>*{}</style>", "<p style='x'>x</p>", "[x](vbscript:x)",
		"<javascript:alert(1)>", "[a]: javascript:alert(1)\n[a]", "<iframe src=//evil.example></iframe>", "[x](  java\nscript:alert(1))", "<svg onload=alert(1)>",
		"```html\n<script>x</script>\n```", "&lt;script&gt;", "# <img src=x onerror=y>", "| <b onclick=x>a</b> |\n|-|\n| x |", "[x](&#106;avascript:alert(1))",
	} {
		got := drawn(t, ui.Markdown(text))
		if bad := regexp.MustCompile(`(?i)<script|<img|<iframe|<style|<svg|<[^>]*\son\w+=|<[^>]*style=|href="(javascript|data|vbscript)`).FindString(got); bad != "" {
			t.Errorf("%q is drawn with %q: %s", text, bad, got)
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := drawn(t, ui.Markdown("# Title\n\nSome **strong** [link](https://example.org/a?b=c) and `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n"))
	for _, want := range []string{"<h3>Title</h3>", "<strong>strong</strong>", `href="https://example.org/a?b=c"`, "nofollow noreferrer", "<code>code</code>", "<td>1</td>", "<li>two</li>"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if long := drawn(t, ui.Markdown(strings.Repeat("<b>ä", 1<<19))); !strings.Contains(long, `<pre tabindex="0">&lt;b&gt;ä`) {
		t.Error("what is too long is not shown as it was written")
	}
}

// TestUnmeasuredIsNotGood: what nobody measured says so, with the reason, and
// has no state that is good.
func TestUnmeasuredIsNotGood(t *testing.T) {
	t.Parallel()
	got := drawn(t, ui.Facts([]ui.Fact{{Label: "rate", Why: "no gateway counted yet", State: ui.Good}}))
	if !strings.Contains(got, "not measured") || !strings.Contains(got, "no gateway counted yet") || strings.Contains(got, "status-good") || !strings.Contains(got, "fact-unknown") {
		t.Errorf("it is drawn as %s", got)
	}
	if got := drawn(t, ui.Status("splendid", "splendid", "")); !strings.Contains(got, "status-unknown") {
		t.Errorf("a state that is none is drawn as %s", got)
	}
}

// TestEverythingIsEscaped gives each component what would break out.
func TestEverythingIsEscaped(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><a href='javascript:x`
	for name, c := range map[string]templ.Component{
		"heading": ui.Heading(evil, evil), "panel": ui.Panel(evil), "fold": ui.Fold(evil), "empty": ui.Empty(evil, evil, evil), "note": ui.Note(evil, evil),
		"facts":      ui.Facts([]ui.Fact{{Label: evil, Value: evil, Exact: evil, Why: evil, State: evil, Spark: []float64{1, 2}}}),
		"properties": ui.Properties([]ui.Property{{Label: evil, Value: evil}}),
		"tabs":       ui.Tabs(evil, []ui.TabLink{{Text: evil, Href: "javascript:alert(1)", Count: evil}}),
		"status":     ui.Status(ui.Good, evil, evil), "badge": ui.Badge(evil), "tag": ui.Tag(evil, "javascript:alert(1)"), "copy": ui.Copy(evil), "pre": ui.Pre(evil),
		"link": ui.Link(evil, "javascript:alert(1)"), "mark": ui.Mark([]ui.Piece{{Text: evil, Found: true}, {Text: evil}}), "icon": ui.Icon(evil),
		"form":     ui.Form(ui.FormView{Action: "javascript:alert(1)", Submit: evil, Cancel: "javascript:alert(1)", Problem: &client.Problem{Detail: evil, Where: evil, Fix: evil, Errors: []client.Part{{Message: evil, Location: evil}}}}),
		"field":    ui.Field(ui.Input{Name: evil, Label: evil, Value: evil, Help: evil, Error: evil}),
		"area":     ui.Field(ui.Input{Name: evil, Kind: ui.AreaInput, Value: "</textarea>" + evil}),
		"select":   ui.Field(ui.Input{Name: evil, Kind: ui.SelectInput, Options: []ui.Option{{Value: evil, Text: evil}}}),
		"table":    ui.Table(ui.TableView{Caption: evil, Columns: []ui.Column{{Title: evil}}, Rows: []ui.Row{{Cells: []templ.Component{ui.Text(evil)}}}}),
		"diff":     ui.Diff([]ui.DiffRow{{OldNumber: 1, Old: evil, NewNumber: 1, New: evil, Side: ui.Changed}}),
		"snippets": ui.Snippets("x", []ui.Snippet{{Title: evil, Language: evil, Code: evil, Note: evil}}),
		"bars":     ui.Bars([]ui.Bar{{Label: evil, Value: 1, Text: evil}}, evil), "spark": ui.Spark([]float64{1, 2}, evil), "pager": ui.Pager("javascript:alert(1)"),
	} {
		got := drawn(t, c)
		if strings.Contains(got, "<script") || strings.Contains(got, `="javascript:`) {
			t.Errorf("%s breaks out: %s", name, got)
		}
	}
}

// TestFormsTellWhatIsWrong: an error is tied to its control, for who cannot see
// it beside.
func TestFormsTellWhatIsWrong(t *testing.T) {
	t.Parallel()
	got := drawn(t, ui.Field(ui.Input{Name: "owner", Label: "Owner", Value: "ada", Help: "Who answers for it.", Error: "nobody has this name", Required: true}))
	for _, want := range []string{`for="field-owner"`, `id="field-owner"`, `aria-invalid="true"`, `aria-describedby="field-owner-error field-owner-help"`, `id="field-owner-error"`, "required", `value="ada"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// TestTextOfAnAreaIsWhole: a browser drops one line break after the tag.
func TestTextOfAnAreaIsWhole(t *testing.T) {
	t.Parallel()
	got := drawn(t, ui.Field(ui.Input{Name: "doc", Kind: ui.AreaInput, Value: "\nfirst line is empty"}))
	if !strings.Contains(got, ">\n\nfirst line is empty</textarea>") {
		t.Errorf("it is drawn as %q", got)
	}
}

// TestEveryFileIsThere: each file that a component names exists, and each
// picture is in the sprite.
func TestEveryFileIsThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"weir.css", "weir.js", "htmx.js", "icons.svg", "mark.svg", "LICENSES.txt"} {
		if ui.Asset(name) == "" {
			t.Errorf("there is no %s", name)
		}
	}
	var sprite string
	for _, f := range ui.Files() {
		if f.Path == ui.Asset("icons.svg") {
			sprite = string(f.Body)
		}
		if f.Type == "" {
			t.Errorf("%s has no type", f.Path)
		}
	}
	for _, name := range []string{"search", "copy", "chevron-right", "circle-user", "contrast", "terminal"} {
		if !strings.Contains(sprite, `id="`+name+`"`) {
			t.Errorf("the sprite has no %s", name)
		}
	}
}
