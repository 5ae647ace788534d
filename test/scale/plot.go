/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// plotData is a line plot.
type plotData struct {
	Name, Title, X, Y string
	Series            []plotSeries
}

type plotSeries struct {
	Name string
	X, Y []float64
}

// cumulative returns how many of the given times had passed at each of them.
func cumulative(name string, seconds []float64) plotSeries {
	s := plotSeries{Name: name}
	for i, x := range slices.Sorted(slices.Values(seconds)) {
		s.X, s.Y = append(s.X, x), append(s.Y, float64(i+1))
	}
	return s.thinned(500)
}

// thinned keeps about as many points as asked for, and the last one. More would not
// be visible.
func (s plotSeries) thinned(points int) plotSeries {
	step := len(s.X)/points + 1
	thin := plotSeries{Name: s.Name}
	for i := range s.X {
		if i%step == 0 || i == len(s.X)-1 {
			thin.X, thin.Y = append(thin.X, s.X[i]), append(thin.Y, s.Y[i])
		}
	}
	return thin
}

// draw writes a plot as an SVG file.
func (d plotData) draw(file string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = d.Title, d.X, d.Y
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	for i, s := range d.Series {
		points := make(plotter.XYs, len(s.X))
		for j := range s.X {
			points[j] = plotter.XY{X: s.X[j], Y: s.Y[j]}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return fmt.Errorf("plot %s: %w", d.Title, err)
		}
		line.Color, line.Width = plotutil.Color(i), vg.Points(1.5)
		p.Add(line)
		p.Legend.Add(s.Name, line)
	}
	return p.Save(18*vg.Centimeter, 10*vg.Centimeter, filepath.Clean(file))
}
