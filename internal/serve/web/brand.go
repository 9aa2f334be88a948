package web

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Brand is how an organisation wants the pages to look. It is read from one
// folder, whole and checked, when the node starts.
type Brand struct {
	Name   string // instead of Weir's
	Footer string
	Links  []BrandLink

	picture ui.File // empty: Weir's mark
	colours ui.File // empty: Weir's colours
}

// BrandLink is a link of the footer.
type BrandLink struct {
	Text string `json:"text"`
	Href string `json:"href"`
}

// The files of the folder, and their bounds in bytes.
const (
	brandFile = "brand.json"
	markFile  = "mark.svg"
	maxBrand  = 16 << 10
	maxMark   = 64 << 10
	maxLinks  = 8
)

// brandForm is what brand.json may say.
type brandForm struct {
	Name   string      `json:"name"`
	Footer string      `json:"footer"`
	Links  []BrandLink `json:"links"`
	Accent struct {
		Light string `json:"light"`
		Dark  string `json:"dark"`
	} `json:"accent"`
}

// LoadBrand reads a folder with brand.json and, if there is one, mark.svg. What
// does not fit is refused with where and why.
func LoadBrand(dir string) (*Brand, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("--brand: %w; name a folder with %s in it", err, brandFile)
	}
	defer root.Close()
	text, err := readSome(root, brandFile, maxBrand)
	if err != nil {
		return nil, fmt.Errorf("--brand: %w", err)
	}
	b, err := readBrand(text)
	if err != nil {
		return nil, fmt.Errorf("--brand: %s: %w", brandFile, err)
	}
	picture, err := readSome(root, markFile, maxMark)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = checkMark(picture)
	}
	if err != nil {
		return nil, fmt.Errorf("--brand: %s: %w", markFile, err)
	}
	b.picture = ui.NewFile("brand-"+markFile, picture)
	return b, nil
}

func readSome(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("%s has more than %d bytes", name, most)
	}
	return b, nil
}

func readBrand(text []byte) (*Brand, error) {
	var f brandForm
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w; it may have name, footer, links (text, href) and accent (light, dark)", err)
	}
	if utf8.RuneCountInString(f.Name) > 40 || utf8.RuneCountInString(f.Footer) > 500 || len(f.Links) > maxLinks {
		return nil, fmt.Errorf("a name has at most 40 characters, a footer 500, and there are at most %d links", maxLinks)
	}
	for _, l := range f.Links {
		if err := checkLink(l); err != nil {
			return nil, err
		}
	}
	css, err := colours(f.Accent.Light, f.Accent.Dark)
	if err != nil {
		return nil, err
	}
	b := &Brand{Name: f.Name, Footer: f.Footer, Links: f.Links}
	if css != "" {
		b.colours = ui.NewFile("brand.css", []byte(css))
	}
	return b, nil
}

func checkLink(l BrandLink) error {
	u, err := url.Parse(l.Href)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" {
		return fmt.Errorf("the link %q leads nowhere; begin it with https, http or mailto", l.Href)
	}
	if l.Text == "" || utf8.RuneCountInString(l.Text) > 60 {
		return fmt.Errorf("the link to %s has no text of 1 to 60 characters", l.Href)
	}
	return nil
}

// checkMark takes pictures only: an SVG document without scripts, frames of
// other documents and addresses to fetch.
func checkMark(text []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(text))
	first := true
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if first {
				return errors.New("it is empty")
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := checkElement(t, first); err != nil {
				return err
			}
			first = false
		case xml.Directive:
			return errors.New("it has a document type; take that line away")
		}
	}
}

func checkElement(t xml.StartElement, first bool) error {
	name := strings.ToLower(t.Name.Local)
	if first && name != "svg" {
		return fmt.Errorf("it is no SVG: it begins with <%s>", t.Name.Local)
	}
	switch name {
	case "script", "foreignobject", "iframe", "image", "a", "animate", "set":
		return fmt.Errorf("it has <%s>; a mark is shapes only", t.Name.Local)
	}
	for _, a := range t.Attr {
		switch attr := strings.ToLower(a.Name.Local); {
		case strings.HasPrefix(attr, "on"):
			return fmt.Errorf("it has %s; a mark has no scripts", a.Name.Local)
		case attr == "href" && !strings.HasPrefix(a.Value, "#"):
			return fmt.Errorf("it refers to %q; a mark is whole by itself", a.Value)
		}
	}
	return nil
}

// hexColour is a colour as it may be written.
var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// The grounds that an accent must be readable on, as weir.css has them, and by
// how much.
const (
	lightGround = "#f4f6f5"
	darkGround  = "#19211f"
	minContrast = 4.5
)

// colours is the stylesheet of an accent; empty if none is wanted.
func colours(light, dark string) (string, error) {
	if light == "" && dark == "" {
		return "", nil
	}
	for _, c := range []struct{ name, value, ground string }{{"accent.light", light, lightGround}, {"accent.dark", dark, darkGround}} {
		if !hexColour.MatchString(c.value) {
			return "", fmt.Errorf("%s is %q; give both accents, each as #rrggbb", c.name, c.value)
		}
		if got := contrast(c.value, c.ground); got < minContrast {
			return "", fmt.Errorf("%s %s has a contrast of %.1f to the pages' ground %s; it needs %.1f to be read", c.name, c.value, got, c.ground, minContrast)
		}
	}
	rules := func(c, more, on string) string {
		return "--accent:" + c + ";--accent-strong:color-mix(in srgb," + c + " 80%," + more + ");--accent-soft:color-mix(in srgb," + c + " 14%,var(--panel));--on-accent:" + on
	}
	l, d := rules(light, "black", "#ffffff"), rules(dark, "white", "#000000")
	return ":root{" + l + "}@media (prefers-color-scheme:dark){:root:not([data-theme=light]){" + d + "}}:root[data-theme=dark]{" + d + "}\n", nil
}

// contrast is the ratio of WCAG 2, 1.4.3, of two colours.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.
func luminance(hex string) float64 {
	var c [3]float64
	for i := range c {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return 0 // checked before
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
}

// mark is the path of the picture at the top.
func (b *Brand) mark() string {
	if b == nil || b.picture.Path == "" {
		return ui.Asset("mark.svg")
	}
	return b.picture.Path
}

// style is the path of the organisation's colours, empty if it has none.
func (b *Brand) style() string {
	if b == nil {
		return ""
	}
	return b.colours.Path
}

// files are what the brand adds to the pages' files.
func (b *Brand) files() []ui.File {
	var all []ui.File
	if b != nil && b.picture.Path != "" {
		all = append(all, b.picture)
	}
	if b != nil && b.colours.Path != "" {
		all = append(all, b.colours)
	}
	return all
}
