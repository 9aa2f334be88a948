package product

import (
	"strings"

	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// maxCells bounds the table by which lines are compared.
const maxCells = 4_000_000

// lines puts two texts side by side. Texts of which too many lines differ are
// shown as the one and then the other.
func lines(before, after string) []ui.DiffRow {
	a, b := split(before), split(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	d := differ{old: a, new: b}
	d.same(head)
	d.middle(len(a)-tail, len(b)-tail)
	d.same(tail)
	return d.rows
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n")
}

// differ walks both texts; i and j are the next lines.
type differ struct {
	old, new []string
	i, j     int
	rows     []ui.DiffRow
}

func (d *differ) same(n int) {
	for range n {
		d.rows = append(d.rows, ui.DiffRow{OldNumber: d.i + 1, Old: d.old[d.i], NewNumber: d.j + 1, New: d.new[d.j]})
		d.i++
		d.j++
	}
}

// middle walks to the ends of the parts that differ.
func (d *differ) middle(oldEnd, newEnd int) {
	a, b := d.old[d.i:oldEnd], d.new[d.j:newEnd]
	if len(a)*len(b) > maxCells {
		d.change(len(a), len(b))
		return
	}
	left := common(a, b)
	width := len(b) + 1
	x, y := 0, 0
	goneFrom, cameFrom := 0, 0
	flush := func() { d.change(x-goneFrom, y-cameFrom) }
	for x < len(a) && y < len(b) {
		switch {
		case a[x] == b[y]:
			flush()
			d.same(1)
			x, y = x+1, y+1
			goneFrom, cameFrom = x, y
		case left[(x+1)*width+y] >= left[x*width+y+1]:
			x++
		default:
			y++
		}
	}
	x, y = len(a), len(b)
	flush()
}

// change puts so many lines of each side beside each other.
func (d *differ) change(gone, came int) {
	for gone > 0 || came > 0 {
		row := ui.DiffRow{Side: ui.Changed}
		if gone == 0 {
			row.Side = ui.Added
		}
		if came == 0 {
			row.Side = ui.Removed
		}
		if gone > 0 {
			row.OldNumber, row.Old = d.i+1, d.old[d.i]
			d.i++
			gone--
		}
		if came > 0 {
			row.NewNumber, row.New = d.j+1, d.new[d.j]
			d.j++
			came--
		}
		d.rows = append(d.rows, row)
	}
}

// common says, for each pair of places, how many lines the rests have in common.
func common(a, b []string) []int32 {
	width := len(b) + 1
	t := make([]int32, (len(a)+1)*width)
	for x := len(a) - 1; x >= 0; x-- {
		for y := len(b) - 1; y >= 0; y-- {
			if a[x] == b[y] {
				t[x*width+y] = t[(x+1)*width+y+1] + 1
			} else {
				t[x*width+y] = max(t[(x+1)*width+y], t[x*width+y+1])
			}
		}
	}
	return t
}

// around keeps, of rows of which most are the same, those near a change.
func around(rows []ui.DiffRow, context int) []ui.DiffRow {
	keep := make([]bool, len(rows))
	for i, r := range rows {
		if r.Side == ui.Same {
			continue
		}
		for k := max(i-context, 0); k <= min(i+context, len(rows)-1); k++ {
			keep[k] = true
		}
	}
	var out []ui.DiffRow
	for i, r := range rows {
		if keep[i] {
			out = append(out, r)
		} else if len(out) > 0 && keep[i-1] {
			out = append(out, ui.DiffRow{Old: "…", New: "…"})
		}
	}
	return out
}
