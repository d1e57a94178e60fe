"""The line of calibration_test.cc by SciPy and statsmodels: python3 tests/reference/calibration_line.py
(Debian: python3-scipy, python3-statsmodels)"""
import numpy as np
import scipy.stats
import statsmodels.api as sm

x = np.array([41.2, 55.0, 63.7, 88.1, 102.4, 119.9, 131.0, 150.6, 174.3, 188.8, 203.1, 240.5])
y = np.array([66.9, 80.2, 91.5, 114.0, 131.1, 150.3, 158.4, 182.7, 205.6, 222.9, 236.0, 277.4])
line = scipy.stats.linregress(x, y)
fit = sm.OLS(y, sm.add_constant(x)).fit()
offset, gain = fit.params
(offset_low, offset_high), (gain_low, gain_high) = fit.conf_int(0.05)
at = fit.get_prediction(np.array([[1, 50.0]])).conf_int(alpha=0.05)[0]
print("gain", repr(line.slope), "offset", repr(line.intercept), "r²", repr(line.rvalue**2))
print("gain half", repr((gain_high - gain_low) / 2), "offset half", repr((offset_high - offset_low) / 2))
print("residual", repr(np.sqrt(fit.mse_resid)), "half at 50 W", repr((at[1] - at[0]) / 2))
for freedom in (8, 10, 30, 1000):
    print("t", freedom, repr(scipy.stats.t.ppf(0.975, freedom)))
