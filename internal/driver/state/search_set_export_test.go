package state

// Kept says what stays of a set of documents, of so many in all: those that are
// in others too, those that are not, and how many the first are.
func Kept(all int, in []uint32, others []uint32) (and, without []int, common int) {
	d := newDocs(append([]uint32(nil), others...), all)
	fill := func() set {
		s := newSet(all)
		for _, i := range in {
			s.add(int(i))
		}
		return s
	}
	a, w := fill(), fill()
	common = a.common(d)
	a.and(d)
	w.without(d)
	a.each(func(i int) { and = append(and, i) })
	w.each(func(i int) { without = append(without, i) })
	return and, without, common
}
