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

package ejob

import (
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// HaveStrategy matches an ExtendedJob with this strategy.
func HaveStrategy(strategy fissilev1.TriggerStrategy) types.GomegaMatcher {
	return gomega.HaveField("Spec.Trigger.Strategy", strategy)
}

// HaveCondition matches an ExtendedJob whose condition is about its present
// generation and has this status and reason.
func HaveCondition(conditionType string, status metav1.ConditionStatus, reason string) types.GomegaMatcher {
	return gomega.SatisfyAll(haveBeenObserved(), gomega.HaveField("Status.Conditions", gomega.ContainElement(gomega.SatisfyAll(
		gomega.HaveField("Type", conditionType),
		gomega.HaveField("Status", status),
		gomega.HaveField("Reason", reason),
	))))
}

// HaveMessage matches an ExtendedJob with a condition whose message matches.
func HaveMessage(conditionType string, message types.GomegaMatcher) types.GomegaMatcher {
	return gomega.HaveField("Status.Conditions", gomega.ContainElement(gomega.SatisfyAll(
		gomega.HaveField("Type", conditionType),
		gomega.HaveField("Message", message),
	)))
}

// HaveSettled matches an ExtendedJob whose last run has this number and result,
// and which is at rest with this strategy.
func HaveSettled(number int64, result fissilev1.RunResult, strategy fissilev1.TriggerStrategy) types.GomegaMatcher {
	return gomega.SatisfyAll(
		haveBeenObserved(),
		HaveStrategy(strategy),
		gomega.HaveField("Status.LastRun", gomega.HaveValue(gomega.SatisfyAll(gomega.HaveField("Number", number), gomega.HaveField("Result", result)))),
		gomega.HaveField("Status.SettledRun", gomega.HaveValue(gomega.Equal(number))),
		gomega.HaveField("Status.Active", gomega.BeEmpty()),
	)
}

// BeIdle matches an ExtendedJob that has nothing to do, and says so of its
// present generation.
func BeIdle() types.GomegaMatcher {
	return gomega.SatisfyAll(haveBeenObserved(), gomega.HaveField("Status.Conditions", gomega.ContainElement(gomega.SatisfyAll(
		gomega.HaveField("Type", fissilev1.ConditionRunning),
		gomega.HaveField("Status", metav1.ConditionFalse),
	))))
}

// BeHeld matches an ExtendedJob of which a run is due and waits for this reason.
func BeHeld(reason string) types.GomegaMatcher {
	return HaveCondition(fissilev1.ConditionRunning, metav1.ConditionUnknown, reason)
}

// HaveNoCondition matches an ExtendedJob without a condition of this type.
func HaveNoCondition(conditionType string) types.GomegaMatcher {
	return gomega.HaveField("Status.Conditions", gomega.Not(gomega.ContainElement(gomega.HaveField("Type", conditionType))))
}

func haveBeenObserved() types.GomegaMatcher {
	return gcustom.MakeMatcher(func(ej *fissilev1.ExtendedJob) (bool, error) {
		return ej.Status.ObservedGeneration != nil && *ej.Status.ObservedGeneration == ej.Generation, nil
	}).WithMessage("have a status about its present generation")
}
